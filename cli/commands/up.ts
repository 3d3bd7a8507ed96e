import type { Settings } from '#core/contracts/settings.ts'
import { toProblem } from '#core/errors/base.ts'
import { passwordId, setPassword } from '#local/sign-in/password.ts'
import { action, newCommand, type Program, type Session } from '../command.ts'
import { readEndpoint } from '../control-plane.ts'
import { dataDirectory, files } from '../data-directory.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson, tell } from '../host.ts'
import { problemLines } from '../output/failure.ts'
import { safeText } from '../output/safe-text.ts'
import { count } from '../output/units.ts'
import { type Readiness, waitForAnswer, waitForFormer, waitUntilReady } from '../setup/ready.ts'
import { shellCommand, type UpOptions } from '../setup/up-options.ts'
import { lockDirectory } from '../supervisor/lock.ts'
import { endText, startPart, stopParts, untilStopped } from '../supervisor/supervisor.ts'
import { wholeNumber } from './arguments.ts'

/** How long to wait for the first sign of the pool before saying that it is missing, in seconds. */
const PATIENCE_SECONDS = 30

/** How long parts whose supervisor was killed may take to stop, in seconds. */
const FORMER_SECONDS = 40

/** `xenkeep up`. JSON lines: `repository-created`, `ready` {url, repository, pools, vms, password?}, `stopped`. */
export const upCommand = (program: Program) =>
  newCommand('up', 'run XenKeep on this machine: control plane and gateway, until Ctrl-C', [
    'xenkeep up --pool https://192.0.2.10 --user root --password-file /root/pool-password \\\n      --repository file:/srv/backups          # first start: shows the certificate to confirm',
    'xenkeep up                                  # every later start',
  ])
    .option('--pool <url>', 'address of any host of the pool (first start)')
    .option('--user <name>', 'user on the pool (first start; default: root)')
    .option('--password-file <file>', "file with that user's password (first start)")
    .option(
      '--fingerprint <hex>',
      "SHA-256 fingerprint of the host's certificate; may be repeated (first start)",
      (hex: string, former: string[] = []) => [...former, hex],
    )
    .option('--ca-file <file>', 'PEM file of the authority that signed the certificates instead')
    .option(
      '--repository <address>',
      'file:DIR or s3://BUCKET/PREFIX (first start; default: below the data directory)',
    )
    .option(
      '--port <n>',
      'port of the API on 127.0.0.1 (first start; default: 8720; 0: any)',
      portNumber,
    )
    .option('--passphrase-file <file>', 'file with the passphrase of the repository (first start)')
    .option('--recovery-kit-file <file>', 'write the recovery kit of a new repository to this file')
    .action(action(program, up))

const portNumber = (text: string): number => (text === '0' ? 0 : wholeNumber(text))

const up = async (session: Session, options: UpOptions): Promise<ExitCode> => {
  const unlock = await lockDirectory(files(session.dataDir).lock, process.pid)
  try {
    const { settingsFor } = await import('../setup/first-start.ts')
    const settings = await settingsFor(session, options)
    await waitForFormer(session.client, session.dataDir, {
      seconds: FORMER_SECONDS,
      now: session.host.now,
      told: () => tell(session.host, 'What ran here before is still stopping; waiting for it …'),
    })
    return await run(session, settings)
  } finally {
    unlock()
  }
}

const run = async (session: Session, settings: Settings): Promise<ExitCode> => {
  const { host, dataDir, json } = session
  const [stop, hurry] = [new AbortController(), new AbortController()]
  const stopListening = host.onStop(({ again }) => (again ? hurry : stop).abort())
  const show = (line: string) => tell(host, line)

  // The passphrase is the gateway's business alone.
  const { XENKEEP_PASSPHRASE: _, ...env } = host.env
  const { signal } = stop
  const password = await firstPassword(files(dataDir).password)
  const control = startPart({ ...CONTROL, env }, dataDir, show)
  // The gateway would complain of a control plane that does not answer yet.
  const answer = waitForAnswer(session.client, { seconds: 10, now: host.now, signal })
  await Promise.race([answer, control.ended])
  const gateway = startPart({ ...GATEWAY, env: host.env }, dataDir, show)
  const announced = waitUntilReady(session.client, {
    seconds: PATIENCE_SECONDS,
    now: host.now,
    signal,
  })
    .then(readiness => announce(session, settings, { ...readiness, password }))
    .catch(error => {
      if (!signal.aborted) tell(host, ...problemLines(toProblem(error), 'xenkeep: '))
    })

  const end = await untilStopped([control, gateway], signal)
  if (!end && !json)
    tell(
      host,
      'Stopping: the gateway first, then the control plane. Ctrl-C again ends them at once.',
    )
  stop.abort()
  await stopParts([gateway, control], hurry.signal)
  await announced
  stopListening()
  if (json) printJson(host, { event: 'stopped' })
  else print(host, 'XenKeep is stopped. Runs that were under way go on at the next "xenkeep up".')
  if (!end) return ExitCode.ok
  tell(host, `One of its parts cannot work like this (${endText(end)}); the reason stands above.`)
  return ExitCode.failed
}

const CONTROL = { name: 'control plane', script: 'local/main.ts', log: 'control.log' }
const GATEWAY = { name: 'gateway', script: 'gateway-agent/main.ts', log: 'gateway.log' }

/** @returns the password of the console where this start made it; it is shown once */
const firstPassword = async (path: string): Promise<string | undefined> =>
  (await passwordId(path)) === undefined ? setPassword(path) : undefined

const announce = async (
  session: Session,
  settings: Settings,
  { gateways, vms, password }: Readiness & { password: string | undefined },
): Promise<void> => {
  const { host, dataDir, json } = session
  const url = (await readEndpoint(dataDir))?.url
  const pools = gateways.flatMap(gateway => gateway.pools)
  const repository = settings.repository.address ?? `file:${files(dataDir).repository}`
  if (json) {
    const ready = { event: 'ready', url, repository, pools, vms: vms.length }
    printJson(host, { ...ready, ...(password && { password }) })
    return
  }
  const isDefault = dataDirectory(undefined, host.env) === dataDir
  const command = (...words: string[]) =>
    shellCommand(['xenkeep', ...words, ...(isDefault ? [] : ['--data', dataDir])])
  const never = vms.filter(vm => vm.lastPoint === undefined).length
  print(
    host,
    url ? 'XenKeep is running.' : 'XenKeep runs, but its control plane does not answer yet.',
    `  console     ${url ?? 'not yet'}`,
    `  password    ${password ?? `as shown at the first start; "${command('console', 'password')}" makes a new one`}`,
    `  repository  ${safeText(repository)}`,
    // A pool of one host has no name unless somebody gave it one.
    ...pools.map(pool => `  pool        ${safeText(pool.name) || pool.uuid}`),
    pools.length > 0
      ? `  VMs         ${count(vms.length, 'VM')}, ${never} never backed up`
      : '  pool        not reached yet; the gateway keeps trying and says what is in the way',
    `  logs        ${files(dataDir).logs}`,
    'In another terminal:',
    `  ${command('vms')}`,
    `  ${command('backup', '--all')}`,
    'Ctrl-C stops it. Whatever ends it, runs under way go on at the next start.',
  )
}
