import type { MaintenanceStore } from '#core/ports.ts'
import { type DataByEpoch, type SlotView, viewKeys } from '#repository/index.ts'
import { answer, type Session } from '../../command.ts'
import { ExitCode } from '../../exit-codes.ts'
import { safeText } from '../../output/safe-text.ts'
import { type Column, table } from '../../output/table.ts'
import { count, formatBytes, type TimeFormat } from '../../output/units.ts'
import { openStore, type RepositoryOptions, withRepository } from '../open.ts'

export interface ListOptions extends RepositoryOptions {
  byEpoch?: boolean
}

/** Needs no key, but with --by-epoch. */
export const list = async (session: Session, options: ListOptions): Promise<ExitCode> => {
  if (!options.byEpoch) return show(session, await openStore(options))
  return withRepository(session, options, async (repository, store) =>
    show(session, store, await repository.dataByEpoch()),
  )
}

const show = async (
  session: Session,
  store: MaintenanceStore,
  data?: DataByEpoch,
): Promise<ExitCode> => {
  const { repositoryId, epoch, slots, retired } = await viewKeys(store)
  const { host } = session
  const document = { repository: store.address, id: repositoryId, epoch, slots, retired }
  answer(session, { ...document, ...(data ? { data } : {}) }, () => [
    `Repository ${repositoryId} at ${safeText(store.address)}; new data gets keys of epoch ${epoch}`,
    ...(slots.length > 0
      ? table(columns(host.time), slots)
      : ['There is no key slot: the repository is shredded.']),
    ...retired.map(
      ({ slot, keeps, decided }) =>
        `Slot ${slot} was retired on ${host.time(decided)} with the key of ${keeps}.`,
    ),
    ...(data ? dataLines(data) : []),
  ])
  return ExitCode.ok
}

const columns = (time: TimeFormat): Column<SlotView>[] => [
  { title: 'SLOT', cell: ({ name }) => safeText(name) },
  { title: 'STATE', cell: ({ state }) => state },
  { title: 'MADE', cell: ({ made }) => time(made) },
  {
    title: 'LOCKED UNTIL',
    cell: ({ lock }) => (lock ? `${time(lock.until)} (${lock.mode})` : '-'),
  },
  { title: 'OPENS WITH', cell: opensWith },
]

const opensWith = ({ kind, state, parameters }: SlotView): string => {
  if (state === 'damaged' || state === 'unknown') return '?'
  switch (kind) {
    case 'scrypt':
      return `a passphrase (scrypt, N = 2^${parameters.logN})`
    case 'argon2id':
      return `a passphrase (argon2id, ${formatBytes(Number(parameters.memoryKiB) * 1024)}, ${parameters.passes} passes)`
    case 'recovery':
      return 'a recovery key'
    default:
      return safeText(String(parameters.key ?? '?'))
  }
}

const dataLines = ({ epochs, unknown }: DataByEpoch): string[] => [
  '',
  ...(epochs.length === 0 ? ['No data is stored yet.'] : epochTable(epochs)),
  ...(unknown.packs > 0
    ? [
        `${count(unknown.packs, 'pack')} (${formatBytes(unknown.bytes)}) of unknown epoch: the index does not name them; "xenkeep repo rebuild" makes it anew.`,
      ]
    : []),
]

const epochTable = (epochs: DataByEpoch['epochs']): string[] =>
  table(
    [
      { title: 'EPOCH', cell: ({ epoch }) => String(epoch), align: 'right' },
      { title: 'PACKS', cell: ({ packs }) => packs.toLocaleString('en'), align: 'right' },
      { title: 'STORED', cell: ({ bytes }) => formatBytes(bytes), align: 'right' },
      { title: 'POINTS', cell: ({ points }) => points.toLocaleString('en'), align: 'right' },
    ],
    epochs,
  )
