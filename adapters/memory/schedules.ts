import type { Schedules } from '#core/ports.ts'

/** Where there is no scheduler beside the timer that looks after policies. */
export const noSchedules: Schedules = { put: async () => {}, remove: async () => {} }
