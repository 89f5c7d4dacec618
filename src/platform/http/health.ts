import Router from '@koa/router';
import { VERSION } from '../version.js';

/** Whether the process is ready for requests. */
export interface Health {
  isReady(): Promise<boolean>;
}

/** `/health/live` says that the process runs and of which release it is, `/health/ready` that it can serve. Both answer on every host. */
export function healthRoutes(health: Health): ReturnType<Router['routes']> {
  const router = new Router();
  router.get('/health/live', (ctx) => {
    ctx.body = { status: 'ok', version: VERSION };
  });
  router.get('/health/ready', async (ctx) => {
    const isReady = await health.isReady();
    ctx.status = isReady ? 200 : 503;
    ctx.body = { status: isReady ? 'ok' : 'unavailable' };
  });
  return router.routes();
}
