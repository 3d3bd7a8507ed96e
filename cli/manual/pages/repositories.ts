import type { ManualPage, Pages } from '../page.ts'

const S3 =
  'Of a store that speaks S3: credentials from the usual AWS environment (variables, profile, role).'
const KEY = 'A key of the repository: its passphrase, a recovery key, or a key of AWS KMS.'
const MAINTENANCE = 'The rights of the maintenance role: to list, read and remove versions too.'

const TROUBLE = {
  unreachable: 'the store does not answer, or there is nothing at the address',
  refused: 'the key does not open it, or the store refuses',
} as const

/** Of a command that opens a repository by itself. */
const opens = (page: Pick<ManualPage, 'json' | 'see'> & Partial<ManualPage>): ManualPage => ({
  calls: [],
  ...page,
  needs: [KEY, S3, ...(page.needs ?? [])],
  exits: { ...TROUBLE, ...page.exits },
  variables: ['XENKEEP_PASSPHRASE', ...(page.variables ?? [])],
})

/** One that goes by the settings of the data directory, where --repository names none. */
const opensOwn = (page: Parameters<typeof opens>[0]): ManualPage =>
  opens({
    ...page,
    variables: ['XENKEEP_DATA', ...(page.variables ?? [])],
    needs: [
      'The machine of a gateway, or --repository and its key. XenKeep need not run.',
      ...(page.needs ?? []),
    ],
  })

const SERVING = {
  json: {
    told: 'One document per line, each with an "event": "serving" {point, name, exports: [{device, id, name, size, uri}]}, sizes in bytes; "trouble" {message} for what cannot be read; at last "ended" {fetched: {requests, bytes}}.',
  },
  interruptible: true,
  needs: ['A program that speaks NBD: nbd-client, qemu-nbd, nbdcopy and others.'],
} as const

const FILES = {
  json: {
    told: '"volumes" {point, volumes, notes, fetched}; or one "entry" {path, type, size, modified, mode, uid, gid, target} per line and at last "listed" {point, entries, notes, fetched}; or "extracted" {point, directory, files, directories, links, bytes, notes, fetched}. Each has an "event"; sizes are bytes.',
  },
  exits: {
    partly: 'something could not be read or written; it is named and left out',
    damaged: 'data of the point is damaged',
  },
  needs: ['Linux on x86-64; the programs qemu-system-x86_64 and others, which the error names.'],
  variables: ['PATH'],
  interruptible: true,
} as const

const CHECKED =
  'One document per line: "progress" {step, done, total}; at last "ended" {repository, report, labels}, where report tells findings, and what was verified and when (times ms since 1970, sizes bytes).'

/** Commands that work on a repository itself. */
export const repositories: Pages = {
  serve: opensOwn({ ...SERVING, see: ['files', 'repo serve', 'cli.md'] }),
  files: opensOwn({ ...FILES, see: ['serve', 'restore', 'repo files', 'cli.md'] }),
  check: opensOwn({
    json: { told: CHECKED },
    exits: { damaged: 'damage was found' },
    interruptible: true,
    see: ['maintenance', 'repo check', 'maintenance.md'],
  }),
  'repo init': opens({
    json: {
      told: 'One document: {"event": "repository-created", "repository", "id", "recoveryKit" or "recoveryKitFile"}; the kit is told this once.',
    },
    needs: ['An empty place, and the right to write there.'],
    see: ['repo keys list', 'up', 'repository-format.md'],
  }),
  'repo info': opens({
    json: {
      told: 'One document: {"repository", "id", "created", "readOnlyBecause", "points", "vms", "bytes", "objects": {kind: {"count", "bytes"}}, "verification"}; times ms since 1970.',
    },
    see: ['repo points', 'repo check', 'repository-format.md'],
  }),
  'repo points': opens({
    json: {
      told: 'One document: {"points": [{"point", "kind", "name", "vmUuid", "taken", "created", "base", "disks", "streams", "statistics", "lock"}], "unreadable"}; times ms since 1970, sizes bytes.',
    },
    exits: { damaged: 'a point could not be read' },
    see: ['repo restore', 'repo export', 'repo check'],
  }),
  'repo import-image': opens({
    json: {
      told: 'One document per line: "progress" {done, total}; at last "imported" {point, base, size, bytesRead, bytesResumed, bytesNew, bytesStored, puts, seconds, …}; sizes in bytes.',
    },
    interruptible: true,
    see: ['repo points', 'repo export', 'cli.md'],
  }),
  'repo export': opens({
    json: {
      told: 'One document per line: "progress" {done, total}; at last "exported" {point, disks or stream, format, file, size, seconds, notes}; sizes in bytes. Not with -o -, which takes standard output for the disk.',
    },
    exits: { damaged: 'data of the point is damaged; nothing is left under the name of the file' },
    interruptible: true,
    see: ['repo restore', 'repo points', 'restore', 'cli.md'],
  }),
  'repo restore': opens({
    json: {
      told: 'One document per line: "progress" {done, total}; at last "restored" {point, directory, files, size, seconds}; sizes in bytes.',
    },
    exits: { damaged: 'data of the point is damaged' },
    interruptible: true,
    see: ['repo export', 'restore', 'cli.md'],
  }),
  'repo serve': opens({ ...SERVING, see: ['serve', 'repo files', 'cli.md'] }),
  'repo files': opens({ ...FILES, see: ['files', 'repo serve', 'cli.md'] }),
  'repo check': opens({
    json: {
      told: `${CHECKED} With --without-key at last "ended" {repository, listing}.`,
    },
    needs: [`With --heal: ${MAINTENANCE.charAt(0).toLowerCase()}${MAINTENANCE.slice(1)}`],
    exits: {
      partly: 'with --replica: the copy lacks points',
      damaged: 'damage was found, and not all of it put back',
    },
    interruptible: true,
    see: ['check', 'repository', 'maintenance.md'],
  }),
  'tree backup': opens({
    json: {
      told: 'One document per line: "progress" {entries, bytes}; at last "saved" {point, base, name, report: {files, folders, bytes, kept, read, changedWhileRead, unreadable, vanished, excluded, tooLarge, otherFileSystems, attributesLost, lacking, notes}, bytesNew, bytesStored, puts, seconds}; sizes in bytes.',
    },
    needs: [
      'The right to read the folder; what cannot be read is named and does not stop the rest.',
    ],
    exits: { partly: 'a point was made, but something could not be read; it is named' },
    interruptible: true,
    see: ['tree restore', 'tree list', 'file-trees.md'],
  }),
  'tree list': opens({
    json: {
      told: 'One document per line: "entry" {path, type, size, modified, mode, uid, gid, user, group, target, hardLinkTo, attributes, problem}; at last "listed" {point, tree, entries, bytes}. Sizes in bytes, times ms since 1970, mode in octal; in names "\\xNN" is a byte that is no text, or would steer a terminal.',
    },
    interruptible: true,
    see: ['tree restore', 'tree compare', 'file-trees.md'],
  }),
  'tree restore': opens({
    json: {
      told: 'One document per line: "progress" {done, total}; at last "restored" {point, tree, folder, files, folders, links, hardLinks, devices, bytes, whole, kept, replaced, failed: [{path, code, why, damaged}], leftOut: [{what, why, count, example}], differences and damaged (with --verify), seconds}; sizes in bytes.',
    },
    needs: [
      'The right to write to the folder. Owners, devices, capabilities and some attributes only root may set; what had to be left out is told.',
    ],
    exits: {
      partly: 'something could not be restored, or not with all its attributes; it is told',
      damaged: 'data of the point is damaged: the files in it are named, everything else is there',
    },
    interruptible: true,
    see: ['tree list', 'tree compare', 'file-trees.md'],
  }),
  'tree compare': opens({
    json: {
      told: 'One document per line: "difference" {path, what: "missing", "extra", "differs" or "unreadable", members, why}; at last "compared" {point, tree, folder, compared, different, damaged}.',
    },
    exits: {
      partly: 'something differs',
      damaged: 'data of the point is damaged',
    },
    interruptible: true,
    see: ['tree restore', 'tree list', 'file-trees.md'],
  }),
  'tree recover': opens({
    json: {
      told: 'One document per line: "plan" {point, hostname, firmware, disks: [{was, disk, bytes, script, grown, bootLoader}], fileSystems: [{type, uuid, label, mountPoint, tree, disk, offset, bytes}], notes}; then "step" {text} and "progress" {done, total}; at last "recovered" {point, whole, trees: as of "tree restore", seconds}. With --dry-run only "plan".',
    },
    needs: [
      'root on Linux, and the programs that make its file systems; the error names those that are missing, with their Debian packages.',
      'Disks that are empty, or named by --overwrite, and that nothing uses.',
    ],
    exits: {
      partly: 'something could not be restored, or not with all its attributes; it is told',
      damaged: 'data of the point is damaged: the files in it are named, everything else is there',
    },
    interruptible: true,
    variables: ['PATH'],
    see: ['tree restore', 'tree list', 'linux-recovery.md'],
  }),
  'repo gc': opens({
    json: {
      told: 'One document: {"repository", "dryRun", "report"}: what was condemned, waits, was spared and removed, with counts and bytes.',
    },
    needs: [MAINTENANCE],
    see: ['repo remove-point', 'maintenance', 'cli.md'],
  }),
  'repo remove-point': opens({
    json: { told: 'One document: {"repository", "point", "removed": true}.' },
    needs: [MAINTENANCE],
    exits: {
      refused: 'the point is locked, the key does not open the repository, or the store refuses',
    },
    see: ['points delete', 'repo gc', 'object-lock.md'],
  }),
  'repo rebuild': opens({
    json: {
      told: 'One document: {"repository", "packs", "records", "damaged": [names of packs]}.',
    },
    exits: { damaged: 'some packs could not be read' },
    see: ['repo check', 'repository-format.md'],
  }),
  'repo enable': opens({
    json: {
      told: 'One document: {"repository", "feature", "enabled"}; "enabled" is false where it was before.',
    },
    needs: ['The right to write below "repo/": that of the owner; no session of a gateway has it.'],
    see: ['repo info', 'repo init', 'repository-format.md'],
  }),
  'repo keys list': opens({
    json: {
      told: 'One document: {"repository", "id", "epoch", "slots": [{"name", "kind", "state", "parameters", "made", "lock"}], "retired"}; with --by-epoch "data": {"epochs": [{"epoch", "packs", "bytes", "points"}], "unknown"}.',
    },
    needs: ['Without --by-epoch no key.'],
    see: ['repo keys add-passphrase', 'cli.md', 'security.md'],
  }),
  'repo keys add-passphrase': opens({
    json: { told: 'One document: {"repository", "id", "slot"}.' },
    variables: ['XENKEEP_NEW_PASSPHRASE'],
    see: ['repo keys change-passphrase', 'repo keys list', 'cli.md'],
  }),
  'repo keys add-kms': opens({
    json: { told: 'One document: {"repository", "id", "slot"}.' },
    needs: ['The right to encrypt with the key of AWS KMS.'],
    see: ['repo keys list', 'repo keys retire', 'security.md'],
  }),
  'repo keys change-passphrase': opens({
    json: { told: 'One document: {"repository", "id", "added", "retired", "others", "problem"}.' },
    needs: [MAINTENANCE],
    exits: { partly: 'the new passphrase opens, but the old one could not be retired' },
    variables: ['XENKEEP_NEW_PASSPHRASE'],
    see: ['repo keys list', 'repo keys retire', 'cli.md'],
  }),
  'repo keys retire': opens({
    json: { told: 'One document: {"repository", "id", "retired"}.' },
    needs: [MAINTENANCE],
    see: ['repo keys list', 'repo keys new-recovery-kit', 'security.md'],
  }),
  'repo keys new-recovery-kit': opens({
    json: {
      told: 'One document: {"repository", "id", "slot", "older", "recoveryKit" or "recoveryKitFile"}; the kit is told this once.',
    },
    see: ['repo keys list', 'repo keys retire', 'cli.md'],
  }),
  'repo keys rotate': opens({
    json: { told: 'One document: {"repository", "id", "epoch"}.' },
    see: ['repo keys list', 'security.md'],
  }),
  'repo keys shred': {
    calls: [],
    json: { told: 'One document: {"repository", "id", "slots", "versions", "kmsKeys"}.' },
    needs: [S3, MAINTENANCE, 'No key.'],
    exits: TROUBLE,
    see: ['repo keys list', 'security.md'],
  },
}
