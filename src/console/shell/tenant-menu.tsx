import { Button, Popover, Text } from '@mantine/core';
import { ChevronDownIcon } from '@primer/octicons-react';
import { useViewer } from '../api/viewer';
import { CopyLine } from '../ui/copy';
import classes from './tenant-menu.module.css';

/** The tenant that one is in, always in sight, with the addresses that people ask for. */
export function TenantMenu() {
  const { tenant } = useViewer();
  return (
    <Popover position="bottom-start" width={380} withinPortal={false} trapFocus returnFocus>
      <Popover.Target>
        <Button
          variant="subtle"
          color="gray"
          className={classes.target}
          rightSection={<ChevronDownIcon />}
          aria-label={`Tenant: ${tenant.name}`}
        >
          <Text span truncate fw={600} c="var(--mantine-color-text)" dir="auto">
            {tenant.name}
          </Text>
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 16px)">
        <div className={classes.addresses}>
          <CopyLine label="Issuer" value={tenant.issuer} />
          <CopyLine label="Token endpoint" value={`${tenant.issuer}/connect/token`} />
          <CopyLine label="Keys (JWKS)" value={`${tenant.issuer}/.well-known/jwks.json`} />
          <CopyLine label="Metadata" value={`${tenant.issuer}/.well-known/openid-configuration`} />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
