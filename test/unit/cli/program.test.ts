import { describe, expect, test } from 'vitest'
import { runProgram } from '#cli/program.ts'
import { cliHost, runningCli, status } from '#test/support/cli-host.ts'

describe('the command line', () => {
  test('help lists the commands and every exit code', async () => {
    const { exitCode, stdout } = await cliHost().run('--help')
    expect(exitCode).toBe(0)
    for (const word of [
      'up',
      'vms',
      'backup',
      'runs',
      'cancel',
      'points',
      'restore',
      'check',
      'demo',
    ])
      expect(stdout).toMatch(new RegExp(`^ {2}${word}\\b`, 'm'))
    expect(stdout).toContain('  5  not let in: passphrase')
    expect((await cliHost().run('restore', '--help')).stdout).toContain(
      '$ xenkeep restore latest:db-01',
    )
  })

  test('without a command it shows the help, as a mistake', async () => {
    const { host } = cliHost()
    const written: string[] = []
    host.stderr = { write: (text: string) => written.push(text) > 0 }
    expect(await runProgram(host, [], '0.0.0')).toBe(2)
    expect(written.join('')).toMatch(/^Usage: xenkeep[\s\S]+Commands:/)
    expect(written.join('')).not.toContain('outputHelp')
  })

  test.each([
    [['vmz'], "Unknown command 'vmz'.", 'Did you mean vms?'],
    [['vms', '--jsn'], "Unknown option '--jsn'.", 'Did you mean --json?'],
    [['restore'], "Missing required argument 'point'.", '"xenkeep restore --help" shows how'],
    [['points', '--limit', '0'], '"0" is not a whole number from 1.', '"xenkeep points --help"'],
    [
      ['restore', 'db-01'],
      '"db-01" is not the id of a recovery point',
      '"xenkeep points" lists them',
    ],
    [['restore', 'latest:x', '--macs', 'old'], '--macs is new, keep; not "old".', '--help'],
    [['restore', 'latest:x', '--network', 'LAN'], '"LAN" is no value for --network', '0=LAN'],
    [['runs', 'x'], '"x" is not the id of a run', '"xenkeep runs" lists them'],
    [['backup'], 'Which VM should be backed up?', '--all'],
    [['backup', 'x', '--lock', 'governance'], '"governance" is no lock: a mode', 'governance:30'],
    [['backup', 'x', '--lock', 'governance:0'], '"governance:0" is no lock', 'governance:30'],
    [['backup', 'x', '--lock', 'legal:3'], '"legal:3" is no lock', 'governance:30'],
    [['backup', 'x', '--wire', 'lz4'], "Option '--wire <compression>'", '--help'],
    [
      ['check', '--level', '9'],
      "Option '--level <n>' argument '9' is invalid. Allowed choices are 0, 1, 2.",
      '"xenkeep check --help" shows',
    ],
    [['runs', 'retry'], "Missing required argument 'run'.", '"xenkeep runs retry --help" shows'],
    [['policies', 'create', 'x', '--cron', 'daily'], '"daily" is no schedule', '"30 22 * * *"'],
    [['backup', 'x', '--all'], 'Give names of VMs or --all, not both.', '--help'],
  ])('%j is a mistake, explained in three lines', async (args, sentence, advice) => {
    const host = await runningCli({})
    const { exitCode, stdout, stderr } = await host.run(...args)
    const lines = stderr.trimEnd().split('\n')
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toContain(`xenkeep: ${sentence}`)
    expect(lines[0]).not.toMatch(/\.\.$/)
    expect(lines[1]).toMatch(/^ {2}what to do: /)
    expect(lines[1]).toContain(advice)
    expect(lines[2]).toBe('  code: USAGE')
    expect(host.calls).toEqual([])
  })

  test('where nothing runs, it says so and how to start it', async () => {
    const host = cliHost()
    const { exitCode, stdout, stderr } = await host.run('vms', '--json')
    expect(exitCode).toBe(4)
    expect(stderr).toContain(
      `xenkeep: XenKeep is not running on the data directory ${host.dataDir}.`,
    )
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'NOT_RUNNING', retryable: true })
  })

  test('a control plane that is gone, and one that refuses our token', async () => {
    const gone = await runningCli({ 'GET /v1/vms': new TypeError('fetch failed') })
    expect((await gone.run('vms')).exitCode).toBe(4)
    const problem = { code: 'TOKEN_INVALID', message: 'No.', advice: 'Go away.', retryable: false }
    const strict = await runningCli({ 'GET /v1/vms': status(401, problem) })
    const { exitCode, stderr } = await strict.run('vms')
    expect(exitCode).toBe(5)
    expect(stderr).toBe('xenkeep: No.\n  what to do: Go away.\n  code: TOKEN_INVALID\n')
  })

  test('what was not foreseen is told without a stack trace', async () => {
    const host = await runningCli({ 'GET /v1/vms': { items: 'nonsense' } })
    const { exitCode, stderr } = await host.run('vms')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('code: UNINTELLIGIBLE_ANSWER')
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})
