import Router from '@koa/router';

/** Whether the process is ready for requests. */
export interface Health {
  isReady(): Promise<boolean>;
}

/** `/health/live` says that the process runs, `/health/ready` that it can serve. Both answer on every host. */
export function healthRoutes(health: Health): ReturnType<Router['routes']> {
  const router = new Router();
  router.get('/health/live', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/health/ready', async (ctx) => {
    const isReady = await health.isReady();
    ctx.status = isReady ? 200 : 503;
    ctx.body = { status: isReady ? 'ok' : 'unavailable' };
  });
  return router.routes();
}
