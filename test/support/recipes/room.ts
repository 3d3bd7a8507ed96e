import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#adapters/system/clock.ts'
import { AllowedRecipe } from '#core/contracts/recipes.ts'
import { recipeLibrary } from '#gateway-agent/recipes/library.ts'
import type { StepPorts } from '#gateway-agent/recipes/ports.ts'
import { systemPrograms } from '#gateway-agent/recipes/program.ts'
import type { RecipeRoom } from '#gateway-agent/recipes/room.ts'
import { sqlByPrograms } from '#gateway-agent/recipes/sql.ts'
import { impatience, memoryLog } from '../patience.ts'

export const GUEST = '5b0a3a52-98a4-4f0e-8f0b-6a4c51f0a6d7'

/** Ports of this machine itself. */
export const realPorts = (graceMs = 300): StepPorts => {
  const run = systemPrograms({ graceMs })
  const refuse = async () => ({ said: 'nobody answers here' })
  return { run, sql: sqlByPrograms(run), ldap: refuse, http: refuse }
}

/** An agent's room for recipes in a folder of its own, with what its settings allow. */
export const recipeRoom = async ({
  allowed = {},
  ports = realPorts(),
  recipesDir,
  os = 'linux',
}: {
  allowed?: Record<string, Partial<AllowedRecipe>>
  ports?: StepPorts
  recipesDir?: string
  os?: RecipeRoom['guest']['os']
} = {}) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'recipes-'))
  const log = memoryLog()
  const settings = { ...allowed }
  const room: RecipeRoom = {
    guest: { uuid: GUEST, name: 'guest 1', os, osName: 'Test system 1' },
    library: recipeLibrary(recipesDir ?? dataDir),
    allowed: async name =>
      settings[name] && AllowedRecipe.parse({ phases: ['capture', 'restore'], ...settings[name] }),
    dataDir,
    ports,
    timer: ms => AbortSignal.timeout(ms),
    clock: systemClock,
    patience: impatience,
    log,
  }
  return {
    room,
    log,
    settings,
    dataDir,
    close: () => rm(dataDir, { recursive: true, force: true }),
  }
}
