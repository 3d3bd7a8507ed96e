import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { XenkeepError } from '#core/errors/base.ts'
import { listAll, readEndpoint } from '../../control-plane.ts'
import { writePrivateFile } from '../../setup/private-file.ts'
import type { Closers, Stage } from '../stage.ts'

/** The agents in the guests of the demo did not come up. */
class DemoGuestsError extends XenkeepError {
  readonly code = 'DEMO_GUESTS_FAILED'
  constructor(names: readonly string[], said: string) {
    super(`These agents in guests did not come up: ${names.join(', ')}.`, {
      advice: said ? `They said last: ${said}` : 'Try again.',
    })
  }
}

/** What the agent of a guest may do, as its own settings say. */
export interface GuestSpec {
  name: string
  recipe: string
  parameters: Record<string, unknown>
  secrets?: Record<string, string>
}

const agent = fileURLToPath(new URL('../../../gateway-agent/main.ts', import.meta.url))
const UP_MS = 60_000

/**
 * Enrols guests and starts an agent for each as a process of its own on this machine, as it would run in the VM.
 * @param closers gets what ends them
 * @throws `DEMO_GUESTS_FAILED`
 */
export const startGuests = async (
  stage: Pick<Stage, 'folder' | 'session' | 'passphraseFile'>,
  guests: readonly GuestSpec[],
  closers: Closers,
): Promise<void> => {
  const { client } = stage.session
  let said = ''
  for (const guest of guests) {
    const dataDir = await furnish(stage, guest)
    const { code } = await client.call('createEnrolmentCode', {
      body: { for: { guest: { name: guest.name } } },
    })
    await writePrivateFile(join(dataDir, 'gateway', 'enrolment-code'), `${code}\n`)
    // A group of its own: Ctrl-C is for the demo. The channel (ipc) ends it if the demo is killed.
    const child = spawn(process.execPath, [agent, '--data', dataDir], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true,
    })
    child.stderr?.on('data', text => {
      said = String(text).trim().slice(-500)
    })
    const gone = once(child, 'exit')
    closers.push(async () => {
      child.kill('SIGTERM')
      await gone
    })
  }
  for (const until = Date.now() + UP_MS; ; await pause(200)) {
    const missing = await notReady(client, guests)
    if (missing.length === 0) return
    if (Date.now() > until) throw new DemoGuestsError(missing, said)
  }
}

/** A data directory such as each guest has. */
const furnish = async (
  { folder, session, passphraseFile }: Pick<Stage, 'folder' | 'session' | 'passphraseFile'>,
  { name, recipe, parameters, secrets }: GuestSpec,
): Promise<string> => {
  const dataDir = join(folder, 'guests', name)
  await mkdir(join(dataDir, 'gateway'), { recursive: true, mode: 0o700 })
  const controlUrl = (await readEndpoint(session.dataDir))?.url
  const settings = {
    repository: { address: `file:${join(folder, 'repository')}` },
    guest: {
      ...{ name, controlUrl, passphraseFile },
      recipes: {
        [recipe]: { phases: ['capture', 'restore'], parameters, ...(secrets && { secrets }) },
      },
    },
  }
  await writePrivateFile(join(dataDir, 'settings.json'), JSON.stringify(settings, null, 2))
  return dataDir
}

/** @returns names of those that have not told what they found */
const notReady = async (
  client: Stage['session']['client'],
  guests: readonly GuestSpec[],
): Promise<string[]> => {
  const known = await listAll(client, 'listGuests')
  const ready = await Promise.all(
    known.map(async ({ guestUuid, name }) => {
      const { factsAt } = await client.call('getGuest', { params: { guestUuid } })
      return factsAt === undefined ? [] : [name]
    }),
  )
  return guests.map(({ name }) => name).filter(name => !ready.flat().includes(name))
}
