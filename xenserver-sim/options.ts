import { parseArgs } from 'node:util'
import { storageTypeNames } from './inventory/storage-types.ts'
import { type LicensedFeature, licensedFeatures } from './licence.ts'
import type { PoolOptions } from './pool.ts'
import { type ReleaseName, releaseNames } from './releases.ts'

export const usage = `A simulated XenServer pool.

  node xenserver-sim/main.ts --port P --vm NAME=disk0.raw[,disk1.raw] … [options]

  --port P            port of every host; 0 takes a free one
  --hosts N           hosts, on 127.0.0.1, 127.0.0.2, … (default 1)
  --vm NAME=FILES     a VM with raw files as disks; may be repeated
  --clone NEW=OLD     a VM whose disks are fast clones of OLD's; may be repeated
  --pooled NEW=OLD    a desktop as Citrix Machine Creation Services makes it of OLD: its system disk is reset at each boot; may be repeated
  --dedicated NEW=OLD the same with a system disk that keeps what is written; may be repeated
  --halted            the VMs are halted at first (default: --running)
  --user, --password  credentials (default root, xenserver)
  --nbd PURPOSE       nbd (default), insecure_nbd or none
  --storage TYPE      SR.type of the disks' repository: ${storageTypeNames.join(', ')} (default nfs)
  --release NAME      the version it plays: ${releaseNames.join(', ')} (default xcp-ng-8.3)
  --unlicensed NAMES  what its licence lacks, separated by commas: ${licensedFeatures.join(', ')}
  --blocks-known      reads the files before it serves, to know where they hold data: storage that keeps a table of its blocks need not look
  --plain             HTTP instead of HTTPS
  --rate BYTES        bytes per second that each stream gets; 25MB and 25MiB are understood
  --latency MS        milliseconds between each request and its answer
  --seed N            the same uuids at every start

Prints one line of JSON once it serves, and ends with SIGTERM or SIGINT.
`

const pair = (text: string): [string, string] => {
  const at = text.indexOf('=')
  if (at < 1) throw new Error(`"${text}" should read NAME=VALUE.`)
  return [text.slice(0, at), text.slice(at + 1)]
}

const oneOf = <T extends string>(option: string, names: readonly T[], text: string): T => {
  const found = names.find(name => name === text)
  if (found === undefined)
    throw new Error(`${option} is one of ${names.join(', ')}, not "${text}".`)
  return found
}

/** Reads the command line; undefined asks for the usage. Throws one sentence for what it does not know. */
export const readOptions = (args: string[]): PoolOptions | undefined => {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '0' },
      hosts: { type: 'string', default: '1' },
      vm: { type: 'string', multiple: true, default: [] },
      clone: { type: 'string', multiple: true, default: [] },
      pooled: { type: 'string', multiple: true, default: [] },
      dedicated: { type: 'string', multiple: true, default: [] },
      user: { type: 'string', default: 'root' },
      password: { type: 'string', default: 'xenserver' },
      nbd: { type: 'string', default: 'nbd' },
      seed: { type: 'string' },
      storage: { type: 'string', default: 'nfs' },
      release: { type: 'string', default: 'xcp-ng-8.3' },
      unlicensed: { type: 'string', default: '' },
      rate: { type: 'string' },
      latency: { type: 'string' },
      running: { type: 'boolean', default: false },
      halted: { type: 'boolean', default: false },
      'blocks-known': { type: 'boolean', default: false },
      plain: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const { nbd } = values
  if (nbd !== 'nbd' && nbd !== 'insecure_nbd' && nbd !== 'none')
    throw new Error(`--nbd is nbd, insecure_nbd or none, not "${nbd}".`)
  if (values.running && values.halted) throw new Error('--running and --halted exclude each other.')
  const release = oneOf<ReleaseName>('--release', releaseNames, values.release)
  const unlicensed = values.unlicensed
    .split(',')
    .filter(name => name !== '')
    .map(name => oneOf<LicensedFeature>('--unlicensed', licensedFeatures, name))
  const number = (name: string, text: string) => {
    if (!/^\d+$/.test(text)) throw new Error(`--${name} is a whole number, not "${text}".`)
    return Number(text)
  }
  const bytes = (name: string, text: string) => {
    const [, figure, unit = ''] = /^(\d+)(MB|MiB)?$/.exec(text) ?? []
    if (figure === undefined)
      throw new Error(`--${name} is a number of bytes, such as 25MB, not "${text}".`)
    return Number(figure) * ({ MB: 1_000_000, MiB: 1024 ** 2 }[unit] ?? 1)
  }
  return {
    port: number('port', values.port),
    hosts: number('hosts', values.hosts),
    vms: values.vm
      .map(pair)
      .map(([name, files]) => ({ name, disks: files.split(',').filter(f => f !== '') })),
    clones: values.clone.map(pair).map(([name, of]) => ({ name, of })),
    desktops: (['pooled', 'dedicated'] as const).flatMap(kind =>
      values[kind].map(pair).map(([name, of]) => ({ name, of, kind })),
    ),
    user: values.user,
    password: values.password,
    nbd,
    storage: oneOf('--storage', storageTypeNames, values.storage),
    release,
    unlicensed,
    running: !values.halted,
    blocksKnown: values['blocks-known'],
    tls: !values.plain,
    limits: {
      ...(values.rate === undefined ? {} : { bytesPerSecond: bytes('rate', values.rate) }),
      ...(values.latency === undefined
        ? {}
        : { latencyMilliseconds: number('latency', values.latency) }),
    },
    ...(values.seed === undefined ? {} : { seed: number('seed', values.seed) }),
  }
}
