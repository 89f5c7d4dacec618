import { useQuery } from '@apollo/client/react';
import { AppShell } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect, useMemo } from 'react';
import { useLocation } from 'wouter';
import { ViewerDocument } from '../api/generated';
import { useReading } from '../api/reading';
import { type Viewer, ViewerProvider } from '../api/viewer';
import { ClientDialogs } from '../clients/client-dialogs';
import { focusOr } from '../ui/dialog';
import { Failed, Waiting } from '../ui/states';
import { Header } from './header';
import { Pages } from './pages';
import { Rail } from './rail';
import classes from './shell.module.css';

/** What surrounds every page: the tenant in sight, the way to every other page, who is signed in. */
export function Shell() {
  const { data, failure, retry } = useReading(useQuery(ViewerDocument));
  const viewer = useMemo(() => data && toViewer(data.viewer), [data]);
  if (viewer) return <Furnished viewer={viewer} />;
  if (failure) return <Failed failure={failure} isPage what="The console could not be opened" onRetry={retry} />;
  return <Waiting label="Opening the console" />;
}

function Furnished({ viewer }: { viewer: Viewer }) {
  const [isRailOpen, rail] = useDisclosure(false);
  const [path] = useLocation();
  const { close } = rail;
  useEffect(close, [path, close]);
  useFocusAfterTravel(path);
  return (
    <ViewerProvider value={viewer}>
      <ClientDialogs>
        <AppShell
          header={{ height: { base: 104, sm: 56 } }}
          navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !isRailOpen } }}
          padding={0}
          transitionDuration={120}
        >
          <a href="#content" className={classes.skip}>
            Skip to the content
          </a>
          {/* Above the rail, which comes after it: its menus reach over that. */}
          <AppShell.Header className={classes.header} zIndex={110}>
            <Header isRailOpen={isRailOpen} onRail={rail.toggle} />
          </AppShell.Header>
          <AppShell.Navbar className={classes.rail} aria-label="Pages">
            <Rail />
          </AppShell.Navbar>
          <AppShell.Main className={classes.main} id="content" tabIndex={-1}>
            <Pages />
          </AppShell.Main>
        </AppShell>
      </ClientDialogs>
    </ViewerProvider>
  );
}

function toViewer({ scopes, ...viewer }: Omit<Viewer, 'may'>): Viewer {
  return { ...viewer, scopes, may: (scope) => scopes.includes(scope) };
}

/** What had the focus may be gone with the page that it was on. */
function useFocusAfterTravel(path: string): void {
  useEffect(() => {
    const timer = setTimeout(() => document.activeElement === document.body && focusOr(null));
    return () => clearTimeout(timer);
  }, [path]);
}
