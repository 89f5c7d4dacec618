import { ApolloProvider } from '@apollo/client/react';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { useEffect, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { createApi } from './api/apollo';
import { Explorer } from './explorer/lazy-explorer';
import { EXPLORER_PATH } from './explorer/path';
import { SessionProvider, useSession, useSessionStore } from './session/session';
import { SessionEnd } from './session/session-end';
import { SignInPage } from './session/sign-in-page';
import { VisitorBar } from './session/visitor-bar';
import { Shell } from './shell/shell';
import { isPageShown } from './ui/dialog';
import { Waiting } from './ui/states';
import { LAYERS_ID, theme, variables } from './ui/theme';

/** The console. */
export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <SessionProvider value={useSessionStore()}>
        <Doors />
      </SessionProvider>
    </MantineProvider>
  );
}

/** Who is signed in sees the console, who is not the way in. Whose session ended finds everything as it was when they are back. */
function Doors() {
  const { isKnown, session, awaited, hasExplorer } = useSession();
  const [path] = useLocation();
  const [wantsIn, setWantsIn] = useState(false);
  const holder = session?.holder ?? awaited;
  const isVisitor = isKnown && !holder && hasExplorer && path === EXPLORER_PATH && !wantsIn;
  useEffect(() => {
    if (session) setWantsIn(false);
  }, [session]);
  if (isVisitor) return <Visit onSignIn={() => setWantsIn(true)} />;
  return (
    <>
      {holder && <Premises key={holder} isOpen={session !== undefined} />}
      {isKnown && !session && <SignInPage />}
      {!isKnown && <Waiting label="Opening the console" />}
    </>
  );
}

/** All that is the holder's of one session. A hidden part of the page keeps what it has. */
function Premises({ isOpen }: { isOpen: boolean }) {
  const { session, actions } = useSession();
  const api = useMemo(() => createApi({ onSignedOut: actions.onUnauthenticated, isShown: isPageShown }), [actions]);
  useEffect(() => () => api.stop(), [api]);
  useEffect(() => {
    if (isOpen) void api.refetchQueries({ include: 'active' });
  }, [api, isOpen]);
  return (
    <ApolloProvider client={api}>
      <div hidden={!isOpen}>
        <Shell />
        <div id={LAYERS_ID} />
        <Notifications position="bottom-left" limit={4} containerWidth={340} transitionDuration={120} />
      </div>
      {session && <SessionEnd expiresAt={session.expiresAt} onEnd={actions.expire} />}
    </ApolloProvider>
  );
}

/** The explorer for those who are not signed in: they may read the schema, and bring a token of their own. */
function Visit({ onSignIn }: { onSignIn(): void }) {
  return (
    <>
      <VisitorBar onSignIn={onSignIn} />
      <Explorer />
      <div id={LAYERS_ID} />
    </>
  );
}
