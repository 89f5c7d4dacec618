import { createContext, useContext } from 'react';
import type { ViewerQuery } from './generated';

/** A right that a session may have. */
export type Scope = 'clients:read' | 'clients:write' | 'tenants:read' | 'tenants:write' | 'audit:read' | 'keys:write';

/** Who uses the console, where, and what they may do. */
export interface Viewer {
  tenant: ViewerQuery['viewer']['tenant'];
  /** Where clients of the tenant connect with a certificate. */
  certificateOrigin: string;
  /** The client that signed in; of a person who did there is none. What ends it ends the session. */
  clientId: string | null;
  scopes: readonly string[];
  may(scope: Scope): boolean;
}

const ViewerContext = createContext<Viewer | undefined>(undefined);

/** Gives what is below it the viewer. */
export const ViewerProvider = ViewerContext.Provider;

/** Who uses the console. */
export function useViewer(): Viewer {
  const viewer = useContext(ViewerContext);
  if (!viewer) throw new Error('There is no viewer here.');
  return viewer;
}
