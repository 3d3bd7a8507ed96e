import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CaptureComponentSpec, RestoreComponentSpec } from '#core/contracts/guest-jobs.ts'
import type { JobOutcome } from '#core/contracts/jobs.ts'
import { JobOutcome as Outcome } from '#core/contracts/jobs.ts'
import { componentUuid } from '#core/points/component-uuid.ts'
import { performInGuest } from '#gateway-agent/recipes/perform.ts'
import type { RecipeRoom } from '#gateway-agent/recipes/room.ts'
import type { Repository } from '#repository/index.ts'
import { testContext } from '../job-context.ts'
import { GUEST } from './room.ts'

type Of<S extends JobOutcome['status']> = Extract<JobOutcome, { status: S }>

/** Jobs of one recipe on the guest of a test. */
export const jobsOf = (
  { room, repository, jobId }: { room: RecipeRoom; repository: Repository; jobId: () => string },
  recipe: string,
) => {
  const common = async () => ({
    guestUuid: GUEST,
    componentUuid: await componentUuid(GUEST, recipe),
    name: `${recipe} of guest 1`,
  })
  return {
    capture: async (
      more: object = {},
      { id = jobId(), context = testContext().context } = {},
    ): Promise<Of<'backed-up'>> => {
      const kind = 'capture-component'
      const spec = CaptureComponentSpec.parse({ kind, ...(await common()), recipe, ...more })
      const { outcome } = await performInGuest(room, { jobId: id, spec, repository, context })
      return Outcome.parse(outcome) as Of<'backed-up'>
    },
    restore: async (
      more: object,
      { id = jobId(), context = testContext().context } = {},
    ): Promise<Of<'component-restored'>['report']> => {
      const kind = 'restore-component'
      const spec = RestoreComponentSpec.parse({ kind, ...(await common()), ...more })
      const { outcome } = await performInGuest(room, { jobId: id, spec, repository, context })
      return (Outcome.parse(outcome) as Of<'component-restored'>).report
    },
  }
}

/** Writes a site's own recipe. @returns its name */
export const ownRecipe = (folder: string, recipe: object): string => {
  const whole = {
    ...{ name: 'own', version: 1, title: 'Own', description: 'Of a test.', roles: ['custom'] },
    ...{ os: 'any', evidence: 'tested', privileges: [], consistency: 'application' },
    ...{ parameters: {}, secrets: {} },
    ...recipe,
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${whole.name}.json`), JSON.stringify(whole), { mode: 0o644 })
  return whole.name
}

let steps = 0
/** A step of a recipe, as short as can be. */
export const step = (action: object, more: object = {}) => ({
  id: `step${++steps}`,
  ...{ does: 'does it', effects: 'reads', timeoutSeconds: 10, ...action, ...more },
})
