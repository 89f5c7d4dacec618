import type { Room } from '../platform/room.js';
import { Tenant } from './tenant.entity.js';

export const tenantsRoom: Room<unknown> = { entities: [Tenant] };
