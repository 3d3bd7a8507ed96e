import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GuestSettings } from '#core/contracts/guest-settings.ts'
import type { Machine } from './machine.ts'
import { until } from './patience.ts'
import { PASSPHRASE, startProgram } from './site.ts'

/**
 * An agent in guest mode as a process of its own, enrolled at the control plane of a machine, with its recovery points in the machine's repository. It saves a folder
 * of one file by the recipe `files`.
 * @param recipes what its settings allow beside that
 * @param vmUuid the VM that it was enrolled for
 */
export const guestOf = async (
  { site, person, finished }: Pick<Machine, 'site' | 'person' | 'finished'>,
  {
    name,
    recipes = {},
    vmUuid,
  }: { name: string; recipes?: GuestSettings['recipes']; vmUuid?: string },
) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'xenkeep-guest-'))
  const file = (...parts: string[]) => join(dataDir, ...parts)
  await mkdir(file('tree'))
  await mkdir(file('gateway'), { mode: 0o700 })
  await writeFile(file('tree', 'minutes.txt'), 'what was agreed\n')
  await writeFile(file('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 })
  const { url } = JSON.parse(await readFile(site.file('control', 'endpoint.json'), 'utf8')) as {
    url: string
  }
  const settings = {
    repository: { address: site.address },
    guest: {
      ...{ name, controlUrl: url, passphraseFile: file('passphrase') },
      recipes: {
        files: { phases: ['capture', 'restore'], parameters: { roots: [file('tree')] } },
        ...recipes,
      },
    },
  }
  await writeFile(file('settings.json'), JSON.stringify(settings))
  const made = { name, ...(vmUuid !== undefined && { vmUuid }) }
  const { code } = await person.call('createEnrolmentCode', { body: { for: { guest: made } } })
  await writeFile(file('gateway', 'enrolment-code'), code, { mode: 0o600 })
  const agent = startProgram('gateway-agent/main.ts', ['--data', dataDir])
  const stop = async () => {
    await agent.kill()
    await rm(dataDir, { recursive: true, force: true })
  }
  const mine = async () =>
    (await person.call('listGuests', { query: { limit: 1_000 } })).items.find(
      guest => guest.name === name,
    )
  try {
    await until('the guest has told what it allows', async () => {
      const found = await mine()
      return (
        found !== undefined && found.recipes.length === Object.keys(settings.guest.recipes).length
      )
    }).catch(error => {
      throw new Error([error.message, ...agent.lines].join('\n'))
    })
  } catch (error) {
    await stop()
    throw error
  }
  const { guestUuid = '' } = (await mine()) ?? {}
  return {
    guestUuid,
    tree: file('tree'),
    agent,
    /** Saves the folder. @returns the id of the recovery point */
    async backup(): Promise<string> {
      const { runId } = await person.call('startRun', {
        body: { kind: 'component-backup', guestUuid, recipe: 'files' },
      })
      const { jobs } = await finished(runId)
      const outcome = jobs[0]?.outcome
      if (outcome?.status !== 'backed-up') throw new Error(JSON.stringify(outcome))
      return outcome.point.pointId
    },
    stop,
  }
}
export type GuestOfMachine = Awaited<ReturnType<typeof guestOf>>
