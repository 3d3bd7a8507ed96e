import { randomBytes } from 'node:crypto'
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { type CommandLine, commandLine } from '#test/support/command-line.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'

/*
 * Motivation: before a region is lost people have to know which points they would have in the other one.
 * Steps: a backup; a directory is copied to a second one, which the gateway is told of; then packs vanish from the copy.
 * Passes when the command line says of the point that the copy has it, and then that it lacks just those packs.
 */

let machine: Machine
let cli: CommandLine

beforeAll(async () => {
  machine = await startMachine({ web: [randomBytes(4 * MiB)] })
  cli = commandLine(machine.site.dataDir)
}, 60_000)
afterAll(() => machine?.stop())

const replicatedOf = async () => ((await cli.points('web')) as ListedPoint[])[0]?.replicated

test('the command line says what a second copy has, and what it lacks', async () => {
  await cli.done('backup', 'web')
  expect(await cli.done('points')).not.toContain('SECOND COPY')
  const { exitCode, stdout } = await cli.xenkeep('maintenance', '--only', 'compare')
  expect(exitCode).not.toBe(0)
  expect(stdout).toContain('Neither the control plane nor this gateway knows')
  const { file } = machine.site
  const settings = JSON.parse(await readFile(file('settings.json'), 'utf8'))
  const replica = { address: `file:${file('copy')}`, region: 'eu-west-1' }
  settings.repository = { ...settings.repository, replica }
  await writeFile(file('settings.json'), JSON.stringify(settings))
  await cp(file('repository'), file('copy'), { recursive: true })

  // It reads its settings when it starts.
  await machine.program('agent').stop()
  machine.startAgent()
  expect(await cli.done('maintenance', '--only', 'compare')).toContain(
    '1 of 1 point could be restored from the second copy in eu-west-1 alone.',
  )
  expect((await replicatedOf())?.state).toBe('restorable')
  expect(await cli.done('points')).toMatch(/also in eu-west-1 as of \d{4}-\d\d-\d\d \d\d:\d\d UTC/)

  const packs = (await readdir(file('copy', 'packs'), { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
  expect(packs.length).toBeGreaterThan(0)
  for (const pack of packs) await rm(pack)
  // Once it was told of, it belongs to all that is done each day.
  expect(await cli.done('maintenance')).toContain(
    '0 of 1 point could be restored from the second copy in eu-west-1 alone.',
  )
  expect(await replicatedOf()).toMatchObject({ state: 'incomplete', missing: packs.length })
  expect(await cli.done('points')).toMatch(
    /not yet in eu-west-1: (1 object is|\d+ objects are) missing or unreadable, as of /,
  )
  expect(await cli.done('repository')).toMatch(
    /second copy +eu-west-1: 0 of 1 recovery point could be restored from it alone on /,
  )
}, 90_000)
