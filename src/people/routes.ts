import type { ClientAuthentication } from '../authentication/client-authentication.service.js';
import type { Throttle } from '../authentication/throttle.js';
import type { Config } from '../platform/config.js';
import type { Route, Watchers } from '../platform/room.js';
import { beginSession, endSession, SESSION_PATH, tellSession } from './session-endpoint.js';
import { CALLBACK_PATH, SignIn, type SignInServices } from './sign-in.js';
import { finishSignIn, SIGN_IN_PATH, startSignIn } from './sign-in-endpoint.js';

/** What the endpoints of people work with. */
export interface PeopleParts extends SignInServices {
  authentication: ClientAuthentication;
  throttle: Throttle;
  config: Config;
}

/** Where people sign in and out. */
export function peopleRoutes(parts: PeopleParts, { log }: Watchers): Route[] {
  const { sessions, throttle, config } = parts;
  const sessionParts = { ...parts, hasExplorer: config.graphiql };
  const signInParts = { signIn: new SignIn(parts), sessions, throttle, log };
  return [
    { path: SESSION_PATH, on: { get: tellSession(sessionParts), post: beginSession(sessionParts), delete: endSession(sessionParts) } },
    { path: SIGN_IN_PATH, on: { get: startSignIn(signInParts) } },
    { path: CALLBACK_PATH, on: { get: finishSignIn(signInParts) } },
  ];
}
