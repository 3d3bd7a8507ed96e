import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { holdAtRest } from '#gateway-agent/recipes/hold-at-rest.ts'
import type { ProgramEnd, RunProgram } from '#gateway-agent/recipes/ports.ts'
import { sweepRecipes } from '#gateway-agent/recipes/release.ts'
import { realPorts, recipeRoom } from '#test/support/recipes/room.ts'

/*
 * The recipe "windows-files" makes a shadow copy, and has to remove that one and no other: not the one of an administrator, not one that has the drive letter it
 * would have liked, and its own also where the agent was ended before it knew the identifier. A stand-in knows shadow copies and letters, and does what the scripts
 * for DiskShadow and the texts for PowerShell say, as Microsoft's pages have it. Passes when at the end the shadow copies of others are all there, and ours is gone,
 * or owed and told.
 */
const OTHERS = { '{aaaaaaaa-0000-4000-8000-000000000001}': 'Y:' }
const OURS = '{61d03045-6e86-46ce-bd59-8cec13fde308}'

/** The texts of a PowerShell list, as `'add volume ' + $env:NAME`, with the environment in its place. */
const linesIn = (list: string, env: Readonly<Record<string, string>>): string[] =>
  [...list.matchAll(/(?:'[^']*'|\$env:\w+)(?:\s*\+\s*(?:'[^']*'|\$env:\w+))*/g)].map(([line]) =>
    line
      .split(/\s*\+\s*/)
      .map(part => (part.startsWith('$env:') ? (env[part.slice(5)] ?? '') : part.slice(1, -1)))
      .join(''),
  )

const windows = () => {
  const shadows = new Map<string, string>(Object.entries(OTHERS))
  const fault: { cut?: AbortController; metadata?: 'lost' } = {}
  const ended = (stdout: string): ProgramEnd => ({ exit: 0, stdout, stderr: '' })

  const diskshadow = (script: string): string => {
    const said: string[] = []
    let cab = ''
    for (const line of script.split('\n')) {
      said.push(`-> ${line}`)
      const [, id = '', letter = ''] = /^\w+ (?:shadows id )?(\S+)(?: (\S+))?$/.exec(line) ?? []
      if (line.startsWith('set metadata ')) cab = line.slice('set metadata '.length)
      if (line.startsWith('load metadata ') && fault.metadata === 'lost') break
      if (line === 'create') {
        shadows.set(OURS, '')
        writeFileSync(cab.replaceAll('\\', '/'), 'cab')
        said.push(`\t* Shadow copy ID = ${OURS}\t\t%xenkeep%`, 'Number of shadow copies listed: 1')
      }
      if (line.startsWith('expose ')) {
        if ([...shadows.values()].includes(letter)) {
          said.push('The  drive letter is already in use.')
          break
        }
        shadows.set(id, letter)
        said.push(`The shadow copy was successfully exposed as ${letter}\\.`)
      }
      if (line === 'list shadows id %xenkeep%') said.push(`\t* Shadow copy ID = ${OURS}`)
      if (line.startsWith('delete shadows id '))
        said.push(
          shadows.delete(id) ? '1 shadow copy deleted.' : 'No shadow copies found in system.',
        )
      else if (line.startsWith('delete shadows ')) throw new Error(`by something else: ${line}`)
    }
    return said.join('\r\n')
  }

  const powershell = (text: string, env: Readonly<Record<string, string>>): ProgramEnd => {
    const [, list] = /^.*?-Value @\((.*?)\)(?:; \$said|$)/.exec(text) ?? []
    const write = () =>
      writeFileSync(
        (env.XENKEEP_SCRIPT ?? '').replaceAll('\\', '/'),
        linesIn(list ?? '', env).join('\n'),
      )
    if (text.includes('ConvertTo-Json')) {
      let id = env.XENKEEP_SHADOW ?? ''
      if (id === '' && existsSync((env.XENKEEP_METADATA ?? '').replaceAll('\\', '/'))) {
        write()
        const said = diskshadow(
          readFileSync((env.XENKEEP_SCRIPT ?? '').replaceAll('\\', '/'), 'utf8'),
        )
        id = /Shadow copy ID = (\{[0-9A-Fa-f-]{36}\})/.exec(said)?.[1] ?? ''
        if (id === '')
          return { exit: 1, stdout: '', stderr: 'The shadow copy … could not be found.' }
      }
      return ended(JSON.stringify({ id, there: shadows.has(id) ? 'yes' : 'no' }))
    }
    if (list !== undefined) {
      write()
      return ended('')
    }
    return shadows.has(env.XENKEEP_SHADOW ?? '')
      ? { exit: 1, stdout: '', stderr: 'is still there' }
      : ended('gone\r\n')
  }

  const run: RunProgram = async ({ argv, env, signal }) => {
    if (argv[0] === 'vssadmin.exe') return ended("Writer name: 'Task Scheduler Writer'\r\n")
    if (argv[0] === 'powershell.exe') return powershell(argv[4] ?? '', env)
    const said = diskshadow(readFileSync((argv[2] ?? '').replaceAll('\\', '/'), 'utf8'))
    if (said.includes('Number of shadow copies listed') && fault.cut) {
      fault.cut.abort(new Error('cut off'))
      return { stdout: '', stderr: '', trouble: signal.aborted ? 'it was ended by us' : 'lost' }
    }
    return ended(said)
  }
  return { shadows, fault, ports: { ...realPorts(), run } }
}

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const room of opened.splice(0)) await room.close()
})
const guest = async () => {
  const machine = windows()
  const allowed = { 'windows-files': { parameters: { volume: 'C:' } } }
  const made = await recipeRoom({ allowed, ports: machine.ports, os: 'windows' })
  opened.push(made)
  const owed = () => readdirSync(join(made.dataDir, 'guest/owed'))
  const staging = () => readdirSync(join(made.dataDir, 'guest/staging'))
  const hold = (signal = new AbortController().signal) =>
    holdAtRest(made.room, { name: 'windows-files', id: 'hold', signal })
  return { ...machine, ...made, owed, staging, hold }
}
const mine = Object.fromEntries([[OURS, 'X:']])

test('the shadow copy of the job is removed, and others stay, also one that came meanwhile', async () => {
  const { shadows, hold, owed, staging } = await guest()
  const held = await hold()
  expect(Object.fromEntries(shadows)).toEqual({ ...OTHERS, ...mine })
  shadows.set('{bbbbbbbb-0000-4000-8000-000000000002}', '')
  expect(await held.release()).toBeUndefined()
  expect([...shadows.keys()]).toEqual([
    ...Object.keys(OTHERS),
    '{bbbbbbbb-0000-4000-8000-000000000002}',
  ])
  expect(owed()).toEqual([])
  expect(staging()).toEqual([])
})

test('where another one has the drive letter, that one stays, and ours goes', async () => {
  const { shadows, hold, owed } = await guest()
  shadows.set('{cccccccc-0000-4000-8000-000000000003}', 'X:')
  await expect(hold()).rejects.toMatchObject({ code: 'SHADOW_COPY_FAILED' })
  expect(Object.fromEntries(shadows)).toEqual({
    ...OTHERS,
    '{cccccccc-0000-4000-8000-000000000003}': 'X:',
  })
  expect(owed()).toEqual([])
})

test('where the letter was given to somebody else meanwhile, that one keeps it', async () => {
  const { shadows, hold } = await guest()
  const held = await hold()
  shadows.set(OURS, '')
  shadows.set('{dddddddd-0000-4000-8000-000000000004}', 'X:')
  await held.release()
  expect([...shadows.keys()]).toEqual([
    ...Object.keys(OTHERS),
    '{dddddddd-0000-4000-8000-000000000004}',
  ])
})

test('cut off before it knew the identifier, it finds its own in the metadata', async () => {
  const { shadows, fault, hold, owed } = await guest()
  fault.cut = new AbortController()
  await expect(hold(fault.cut.signal)).rejects.toThrow('cut off')
  expect(Object.fromEntries(shadows)).toEqual(OTHERS)
  expect(owed()).toEqual([])
})

test('where not even the metadata tell it, nothing is removed, it stays owed with all that it needs, and is done later', async () => {
  const { shadows, fault, hold, owed, staging, room } = await guest()
  fault.cut = new AbortController()
  fault.metadata = 'lost'
  await expect(hold(fault.cut.signal)).rejects.toThrow('cut off')
  expect(Object.fromEntries(shadows)).toEqual({ ...OTHERS, [OURS]: '' })
  expect(owed()).toEqual(['hold.json'])
  // The next life of the agent sweeps, and neither takes the metadata away nor believes that all is well.
  expect(await sweepRecipes(room)).toEqual([expect.stringContaining('could not be found')])
  expect(staging()).toEqual(['hold'])
  // Nor does another one begin in its place, and write over what tells how to find it.
  await expect(hold()).rejects.toMatchObject({
    code: 'RECIPE_NOT_RELEASED',
    message: expect.stringContaining('is not released yet'),
  })
  expect(staging()).toEqual(['hold'])
  delete fault.metadata
  expect(await sweepRecipes(room)).toEqual([])
  expect(Object.fromEntries(shadows)).toEqual(OTHERS)
  expect(staging()).toEqual([])
})
