/**
 * The recipes of a guest in a process of their own, to be killed: saves one component with the recipe "own".
 * Argument: the data directory, which holds the recipe.
 */

import { CaptureComponentSpec } from '#core/contracts/guest-jobs.ts'
import { GuestSettings } from '#core/contracts/guest-settings.ts'
import { componentUuid } from '#core/points/component-uuid.ts'
import { guestRecipes } from '#gateway-agent/guest/recipes.ts'
import { testContext } from '#test/support/job-context.ts'
import { memoryLog } from '#test/support/patience.ts'
import { GUEST } from '#test/support/recipes/room.ts'
import { emptyStore, newRepository } from '#test/support/repository/open.ts'

const [dataDir = ''] = process.argv.slice(2)
const work = guestRecipes({
  ...{ dataDir, guestUuid: GUEST, log: memoryLog() },
  settings: async () =>
    GuestSettings.parse({ name: 'guest 1', recipesDir: dataDir, recipes: { own: {} } }),
})
const { repository, jobId } = await newRepository(emptyStore())
const spec = CaptureComponentSpec.parse({
  ...{ kind: 'capture-component', guestUuid: GUEST, recipe: 'own', name: 'own' },
  componentUuid: await componentUuid(GUEST, 'own'),
})
const id = jobId()
const job = { jobId: id, runId: id, epoch: 1, spec } as Parameters<typeof work.capture>[0]['job']
await work.capture({ job, spec, repository, context: testContext().context })
