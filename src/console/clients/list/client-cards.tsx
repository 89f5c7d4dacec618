import type { ClientRowFragment } from '../../api/generated';
import { LastUse, Lifetime, NameLink, RowActions, Status, Usage, Way } from './client-cells';
import classes from './client-table.module.css';

/** A page of clients where there is no room for a table. */
export function ClientCards({ clients }: { clients: readonly ClientRowFragment[] }) {
  return (
    <ul className={classes.cards} aria-label="Clients">
      {clients.map((client) => (
        <li key={client.id} className={classes.card}>
          <div className={classes.head}>
            <NameLink client={client} />
            <Status client={client} />
          </div>
          <div>
            <code>{client.clientId}</code>
            <Way client={client} />
          </div>
          <div className={classes.facts}>
            <span>
              Tokens live <Lifetime seconds={client.accessTokenLifetime} />
            </span>
            <span>
              Used <LastUse at={client.lastUsedAt} />
            </span>
          </div>
          <div className={classes.foot}>
            <Usage client={client} />
            <span>
              <RowActions client={client} />
            </span>
          </div>
        </li>
      ))}
    </ul>
  );
}
