import type { Pages } from '../page.ts'
import { administration } from './administration.ts'
import { guests } from './guests.ts'
import { machines } from './machines.ts'
import { policies } from './policies.ts'
import { repositories } from './repositories.ts'
import { sites } from './sites.ts'
import { thisMachine } from './this-machine.ts'

/** By the command as it is typed: `points hold`. Every command that does something has one; a test compares. */
export const pages: Pages = {
  ...thisMachine,
  ...machines,
  ...policies,
  ...sites,
  ...administration,
  ...guests,
  ...repositories,
}
