import { Burger } from '@mantine/core';
import { AccountMenu } from '../session/account-menu';
import { useSession } from '../session/session';
import { Brand } from '../ui/brand';
import classes from './header.module.css';
import { SchemeButton } from './scheme-button';
import { SearchBox } from './search-box';
import { TenantMenu } from './tenant-menu';

/** What stands above every page. @param isRailOpen whether the menu of pages is open on a phone */
export function Header({ isRailOpen, onRail }: { isRailOpen: boolean; onRail(): void }) {
  const { session } = useSession();
  return (
    <div className={classes.header}>
      <div className={classes.start}>
        <Burger hiddenFrom="sm" size="sm" opened={isRailOpen} onClick={onRail} aria-label="Pages" aria-expanded={isRailOpen} />
        <span className={classes.brand}>
          <Brand />
        </span>
        <TenantMenu />
      </div>
      <SearchBox />
      <div className={classes.end}>
        <SchemeButton />
        {session && <AccountMenu session={session} />}
      </div>
    </div>
  );
}
