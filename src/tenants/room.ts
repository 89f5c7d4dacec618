import type { Room } from '../platform/room.js';
import { RIGHTS_REFUSED } from './counters.js';
import { Tenant } from './tenant.entity.js';

export const tenantsRoom: Room<unknown> = { entities: [Tenant], counters: [RIGHTS_REFUSED] };
