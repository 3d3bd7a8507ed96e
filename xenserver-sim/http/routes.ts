import type { StreamRoutes } from './server.ts'

/** The streaming handlers, by method and path. */
export const streamRoutes: StreamRoutes = {}
