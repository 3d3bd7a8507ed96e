import { z } from 'zod'
import { PageQuery } from './runs-api.ts'

/** GET /v1/guests; `search`: part of the name of the guest, its machine or its VM, or a whole UUID. A page may have fewer than were asked for, or none, although there is a `next`. */
export const ListGuestsQuery = PageQuery.extend({
  search: z.string().trim().min(1).max(255).optional(),
})
