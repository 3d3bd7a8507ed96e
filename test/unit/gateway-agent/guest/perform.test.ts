import { expect, test } from 'vitest'
import type { CaptureComponentSpec, RestoreComponentSpec } from '#core/contracts/guest-jobs.ts'
import type { JobSpec } from '#core/contracts/jobs.ts'
import type { AllowedRecipe } from '#core/contracts/recipes.ts'
import { createGuestPerform } from '#gateway-agent/guest/perform.ts'
import { testContext } from '#test/support/job-context.ts'

const GUEST = '2c0f3a6e-53b5-4c86-9d52-1b1f3f0a9c55'
const COMPONENT = '8d3cf4c2-7f0a-4a0e-8f6b-0f3f4f0a7b21'
const ID = '01J000000000000000000000PA'

const capture: CaptureComponentSpec = {
  ...{ kind: 'capture-component', guestUuid: GUEST, componentUuid: COMPONENT },
  ...{ name: 'postgresql on db01', recipe: 'postgresql' },
}
const restore: RestoreComponentSpec = {
  ...{ kind: 'restore-component', guestUuid: GUEST, componentUuid: COMPONENT },
  ...{ name: 'postgresql on db01', pointId: ID, target: 'folder' },
}

const guest = () => {
  const seen: string[] = []
  const recipes: Record<string, AllowedRecipe> = { postgresql: { phases: ['capture'] } }
  const done = { outcome: { status: 'skipped' as const, reason: 'done' } }
  const perform = createGuestPerform({
    ...{ guestUuid: GUEST, name: 'db01' },
    recipes: async () => recipes,
    storage: {
      enter: async () => {
        seen.push('enter')
        return { address: 'file:/srv', release: () => void seen.push('release') }
      },
    },
    repositories: { open: async () => ({}) as never },
    work: {
      capture: async () => {
        seen.push('capture')
        return done
      },
      restore: async () => {
        seen.push('restore')
        throw new Error('it broke')
      },
    },
  })
  const ask = (spec: JobSpec) =>
    perform({ jobId: ID, runId: ID, epoch: 1, leaseUntil: 0, spec }, testContext().context)
  return { ask, seen, recipes }
}

test('what the settings allow is done with the storage of its job, which is given back in any case', async () => {
  const { ask, seen } = guest()
  await ask(capture)
  expect(seen).toEqual(['enter', 'capture', 'release'])
  await expect(ask(restore)).rejects.toThrow('it broke')
  expect(seen.slice(3)).toEqual(['enter', 'restore', 'release'])
})

test('a recipe that is not allowed, or no more, is refused by name before anything is asked of the repository', async () => {
  const { ask, seen, recipes } = guest()
  await expect(ask({ ...capture, recipe: 'samba-dc' })).rejects.toMatchObject({
    code: 'RECIPE_NOT_ALLOWED',
    message: 'The settings of this guest do not allow anything of the recipe "samba-dc".',
  })
  recipes.postgresql = { phases: ['restore'] }
  await expect(ask(capture)).rejects.toMatchObject({
    message:
      'The settings of this guest do not allow the phase "capture" of the recipe "postgresql".',
  })
  expect(seen).toEqual([])
})

test('jobs of another guest, and of gateways, are refused', async () => {
  const { ask, seen } = guest()
  await expect(ask({ ...capture, guestUuid: COMPONENT })).rejects.toMatchObject({
    code: 'GUEST_MISMATCH',
  })
  const foreign = { kind: 'collect-garbage', dryRun: false } as unknown as JobSpec
  await expect(ask(foreign)).rejects.toMatchObject({ code: 'JOB_UNREADABLE' })
  expect(seen).toEqual([])
})
