import { NavLink } from '@mantine/core';
import {
  CodeIcon,
  type Icon,
  KeyIcon,
  OrganizationIcon,
  PeopleIcon,
  PulseIcon,
  ShieldCheckIcon,
  VerifiedIcon,
} from '@primer/octicons-react';
import { Link, useLocation } from 'wouter';
import { useViewer, type Viewer } from '../api/viewer';
import { EXPLORER_PATH } from '../explorer/path';
import { useSession } from '../session/session';

interface Place {
  label: string;
  path: string;
  icon: Icon;
  isOffered(viewer: Viewer, hasExplorer: boolean): boolean;
}

const PLACES: readonly Place[] = [
  { label: 'Clients', path: '/', icon: PeopleIcon, isOffered: ({ may }) => may('clients:read') },
  { label: 'Activity', path: '/activity', icon: PulseIcon, isOffered: ({ may }) => may('audit:read') },
  { label: 'Signing keys', path: '/signing-keys', icon: KeyIcon, isOffered: ({ may }) => may('keys:write') },
  { label: 'Trusted issuers', path: '/trusted-issuers', icon: VerifiedIcon, isOffered: ({ may }) => may('clients:read') },
  {
    label: 'Certificate authorities',
    path: '/certificate-authorities',
    icon: ShieldCheckIcon,
    isOffered: ({ may }) => may('clients:read'),
  },
  { label: 'API explorer', path: EXPLORER_PATH, icon: CodeIcon, isOffered: (_viewer, hasExplorer) => hasExplorer },
  { label: 'Tenants', path: '/tenants', icon: OrganizationIcon, isOffered: ({ may, tenant }) => tenant.isHome && may('tenants:read') },
];

/** The way to every page that the viewer may see. */
export function Rail() {
  const viewer = useViewer();
  const { hasExplorer } = useSession();
  const [here] = useLocation();
  return PLACES.filter(({ isOffered }) => isOffered(viewer, hasExplorer)).map(({ label, path, icon: Sign }) => {
    const isHere = here === path || (path === '/' && here === '/client');
    return (
      <NavLink
        key={path}
        component={Link}
        href={path}
        label={label}
        leftSection={<Sign />}
        active={isHere}
        aria-current={isHere ? 'page' : undefined}
        style={{ borderRadius: 4 }}
      />
    );
  });
}
