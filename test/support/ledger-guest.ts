import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Machine } from './machine.ts'
import { until } from './patience.ts'
import { LEDGER } from './recipes/ledger.ts'
import { PASSPHRASE, type Program, startProgram } from './site.ts'

/**
 * A guest whose agent is a process of its own and allows the recipe `ledger` for a folder, with a site "Ledger" that is saved with it.
 * @returns ids of the point of its component and of the site point
 */
export const startLedgerGuest = async (machine: Machine) => {
  const folder = await mkdtemp(join(tmpdir(), 'xenkeep-ledger-'))
  const dataDir = join(folder, 'guest')
  const recipeFile = join(dataDir, 'recipes', 'ledger.json')
  await mkdir(join(dataDir, 'gateway'), { recursive: true, mode: 0o700 })
  await mkdir(join(dataDir, 'recipes'))
  await writeFile(join(folder, 'data'), 'kept\n')
  for (const lock of ['lock', 'slow']) await writeFile(join(folder, lock), '')
  await writeFile(recipeFile, JSON.stringify(LEDGER), { mode: 0o644 })
  await writeFile(join(dataDir, 'passphrase'), PASSPHRASE, { mode: 0o600 })
  const { url } = JSON.parse(readFileSync(machine.site.file('control', 'endpoint.json'), 'utf8'))
  const guest = {
    ...{ name: 'books', controlUrl: url, passphraseFile: 'passphrase', recipesDir: 'recipes' },
    recipes: { ledger: { phases: ['capture', 'restore'], parameters: { folder } } },
  }
  const settings = { repository: { address: machine.site.address }, guest }
  await writeFile(join(dataDir, 'settings.json'), JSON.stringify(settings), { mode: 0o600 })
  const { person } = machine
  const { code } = await person.call('createEnrolmentCode', { body: { for: { guest: {} } } })
  await writeFile(join(dataDir, 'gateway', 'enrolment-code'), code, { mode: 0o600 })

  let agent: Program | undefined
  const startAgent = async () => {
    agent = startProgram('gateway-agent/main.ts', ['--data', dataDir])
    await agent.says(/Agent in the guest/)
  }
  const killAgent = async () => agent?.kill()
  const stop = async () => {
    await killAgent()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await startAgent()
    await until('the guest has told its recipes', async () =>
      (await person.call('listGuests')).items.some(({ recipes }) => recipes.length > 0),
    )
    const components = [{ role: 'custom' as const, target: { guest: 'books' }, recipe: 'ledger' }]
    const { siteId } = await person.call('createSite', { body: { name: 'Ledger', components } })
    const { runId } = await person.call('startRun', { body: { kind: 'site', siteId } })
    await machine.finished(runId)
    const { items } = await person.call('listPoints')
    const idOf = (wanted: string) => items.find(({ kind }) => kind === wanted)?.pointId ?? ''
    const sitePoint = items.find(({ kind, vmName }) => kind === 'site' && vmName === 'Ledger')
    return {
      ...{ folder, dataDir, recipeFile, startAgent, killAgent, stop, siteId },
      ...{ pointId: idOf('component'), sitePointId: sitePoint?.pointId ?? '' },
    }
  } catch (error) {
    await stop()
    throw error
  }
}
