import { release, type } from 'node:os'
import { resolve } from 'node:path'
import { systemClock } from '#adapters/system/clock.ts'
import type { GuestSettings } from '#core/contracts/guest-settings.ts'
import type { GuestJobSpec } from '#core/contracts/jobs.ts'
import type { AllowedRecipe } from '#core/contracts/recipes.ts'
import type { Performed } from '../control/leased-job.ts'
import { realPatience } from '../control/patience.ts'
import type { Log } from '../log.ts'
import { holdAtRest } from '../recipes/hold-at-rest.ts'
import { httpByFetch } from '../recipes/http.ts'
import { ldapByClient } from '../recipes/ldap.ts'
import { recipeLibrary } from '../recipes/library.ts'
import { performInGuest } from '../recipes/perform.ts'
import type { StepPorts } from '../recipes/ports.ts'
import { probeRecipes } from '../recipes/probe.ts'
import { systemPrograms } from '../recipes/program.ts'
import { settleOwed, sweepRecipes } from '../recipes/release.ts'
import { foldersOf, type RecipeRoom } from '../recipes/room.ts'
import { runningGroups } from '../recipes/running-groups.ts'
import { sqlByPrograms } from '../recipes/sql.ts'
import type { GuestJob, GuestWork } from './guest-work.ts'

const OS = { linux: 'linux', win32: 'windows' } as const

/** What is named under `fileTrees` is what the recipe `files` saves, unless its own parameters say otherwise. */
const allowedIn = (
  { recipes, fileTrees }: GuestSettings,
  recipe: string,
): AllowedRecipe | undefined => {
  const allowed = recipes[recipe]
  if (!allowed || recipe !== 'files' || fileTrees.roots.length === 0) return allowed
  return { ...allowed, parameters: { roots: fileTrees.roots, ...allowed.parameters } }
}

/** Programs, servers and directories of this very machine. */
const systemPorts = (dataDir: string): StepPorts => {
  const run = systemPrograms({ groups: runningGroups(foldersOf({ dataDir }).running) })
  return { run, sql: sqlByPrograms(run), ldap: ldapByClient, http: httpByFetch(fetch) }
}

/** What recipes do on this machine, within what its settings allow. */
export const guestRecipes = ({
  dataDir,
  guestUuid,
  settings,
  log,
}: {
  dataDir: string
  guestUuid: string
  /** As they stand now. */
  settings: () => Promise<GuestSettings>
  log: Log
}): GuestWork => {
  const ports = systemPorts(dataDir)
  const running = new Set<string>()
  let unreleased: readonly string[] = []
  const room = async (): Promise<RecipeRoom> => {
    const { name, recipesDir } = await settings()
    return {
      guest: {
        ...{ uuid: guestUuid, name, osName: `${type()} ${release()}` },
        os: OS[process.platform as keyof typeof OS] ?? 'other',
      },
      library: recipeLibrary(recipesDir && resolve(dataDir, recipesDir)),
      allowed: async recipe => allowedIn(await settings(), recipe),
      ...{ dataDir, ports, log, clock: systemClock, patience: realPatience },
      timer: ms => AbortSignal.timeout(ms),
    }
  }
  const working = async <T>(id: string, work: () => Promise<T>): Promise<T> => {
    running.add(id)
    return work().finally(() => running.delete(id))
  }
  const perform = ({ job, ...rest }: GuestJob<GuestJobSpec>): Promise<Performed> =>
    working(job.jobId, async () => performInGuest(await room(), { jobId: job.jobId, ...rest }))
  return {
    capture: perform,
    restore: perform,
    probe: async signal => {
      const here = await room()
      // What could not be released before may be by now.
      unreleased = await settleOwed(here, { isRunning: id => running.has(id) })
      return probeRecipes(here, Object.keys((await settings()).recipes), signal)
    },
    holdStill: async (name, signal) => {
      const id = `hold-${name}`
      running.add(id)
      try {
        const held = await holdAtRest(await room(), { name, id, signal })
        return { release: () => held.release().finally(() => running.delete(id)) }
      } catch (error) {
        running.delete(id)
        throw error
      }
    },
    unreleased: () => unreleased,
    settle: async () => {
      unreleased = await sweepRecipes(await room())
    },
  }
}
