import { lazy, Suspense } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { type Scope, useViewer } from '../api/viewer';
import { ClientsPage } from '../clients/list/clients-page';
import { Explorer } from '../explorer/lazy-explorer';
import { EXPLORER_PATH } from '../explorer/path';
import { useSession } from '../session/session';
import { Boundary } from '../ui/boundary';
import { Nothing, Waiting } from '../ui/states';
import { useTitle } from '../ui/title';

const ClientPage = lazy(() => import('../clients/client/client-page').then(({ ClientPage: component }) => ({ default: component })));
const ActivityPage = lazy(() => import('../activity/activity-page').then(({ ActivityPage: component }) => ({ default: component })));
const KeysPage = lazy(() => import('../signing-keys/keys-page').then(({ KeysPage: component }) => ({ default: component })));
const IssuersPage = lazy(() => import('../clients/issuers/issuers-page').then(({ IssuersPage: component }) => ({ default: component })));
const AuthoritiesPage = lazy(() =>
  import('../clients/authorities/authorities-page').then(({ AuthoritiesPage: component }) => ({ default: component })),
);
const TenantsPage = lazy(() => import('../tenants/tenants-page').then(({ TenantsPage: component }) => ({ default: component })));

/** The page that the address names, for those who may see it. */
export function Pages() {
  const [path] = useLocation();
  return (
    <Boundary key={path}>
      <Suspense fallback={<Waiting />}>
        <Switch>
          <Route path="/">
            <For scope="clients:read">
              <ClientsPage />
            </For>
          </Route>
          <Route path="/client">
            <For scope="clients:read">
              <ClientPage />
            </For>
          </Route>
          <Route path="/activity">
            <For scope="audit:read">
              <ActivityPage />
            </For>
          </Route>
          <Route path="/signing-keys">
            <For scope="keys:write">
              <KeysPage />
            </For>
          </Route>
          <Route path="/trusted-issuers">
            <For scope="clients:read">
              <IssuersPage />
            </For>
          </Route>
          <Route path="/certificate-authorities">
            <For scope="clients:read">
              <AuthoritiesPage />
            </For>
          </Route>
          <Route path="/tenants">
            <For scope="tenants:read">
              <TenantsPage />
            </For>
          </Route>
          <Route path={EXPLORER_PATH}>
            <ExplorerPage />
          </Route>
        </Switch>
      </Suspense>
    </Boundary>
  );
}

function For({ scope, children }: { scope: Scope; children: React.ReactNode }) {
  const { may } = useViewer();
  return may(scope) ? children : <NotYours scope={scope} />;
}

function NotYours({ scope }: { scope: Scope }) {
  useTitle('Not yours to see');
  return (
    <Nothing isPage title="This page is not yours to see">
      It takes the right <code>{scope}</code>. Somebody who manages clients can give it to the client that you sign in with.
    </Nothing>
  );
}

function ExplorerPage() {
  const { hasExplorer } = useSession();
  useTitle('API explorer');
  if (hasExplorer) return <Explorer />;
  return (
    <Nothing isPage title="The explorer is switched off">
      The operator of this server has turned GraphiQL off.
    </Nothing>
  );
}
