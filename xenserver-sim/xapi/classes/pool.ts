import type { Implementation } from '../implementation.ts'
import type { Messages } from '../records/index.ts'

export const pool: Implementation<Messages['pool']> = {
  // Every host reads the one database of this process: there is nothing to push.
  sync_database: () => {},
}
