import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Icon from '@cloudscape-design/components/icon'
import Link from '@cloudscape-design/components/link'
import type { TableProps } from '@cloudscape-design/components/table'
import type { GuestEntry } from '#core/contracts/files-answers.ts'
import { safeText } from '#core/safe-text.ts'
import { PageLink } from '../../components/page-link.tsx'
import { sizeText } from '../../components/size.ts'
import { Time } from '../../components/time.tsx'
import { files } from '../../text/files.ts'
import { canBeNamed } from './names.ts'
import type { Column } from './order.ts'
import { ShownName } from './shown-name.tsx'

const words = files.list

/** What can be done with an entry of a folder. */
export interface EntryDeeds {
  /** The address of a folder. */
  addressOf: (entry: GuestEntry) => string
  download: (entry: GuestEntry) => void
  /** Why nothing can be downloaded now. */
  closed: string | undefined
  /** Why this one cannot be downloaded at all. */
  refused: (entry: GuestEntry) => string | undefined
}

const ICONS = { directory: 'folder', file: 'file', link: 'arrow-right' } as const

const Name = ({ entry, deeds }: { entry: GuestEntry; deeds: EntryDeeds }) => {
  const { name, type, target } = entry
  const shown = <ShownName name={name} />
  return (
    <span className="entry-name" data-name={name}>
      <Icon
        name={ICONS[type as keyof typeof ICONS] ?? 'status-info'}
        ariaLabel={words.types[type]}
      />
      <span>
        {type === 'directory' && canBeNamed(name) ? (
          <PageLink to={deeds.addressOf(entry)} label={words.open(safeText(name))}>
            {shown}
          </PageLink>
        ) : isFile(entry) && isFree(entry, deeds) ? (
          <Link onFollow={() => deeds.download(entry)}>{shown}</Link>
        ) : (
          shown
        )}
        {target !== undefined && (
          <div>
            {words.leadsTo}
            <ShownName name={target} />
          </div>
        )}
        {!canBeNamed(name) && <div>{words.unsaid}</div>}
      </span>
    </span>
  )
}

const isFile = ({ type }: GuestEntry): boolean => type === 'file'

const isFree = (entry: GuestEntry, { closed, refused }: EntryDeeds): boolean =>
  closed === undefined && refused(entry) === undefined

const Download = ({ entry, deeds }: { entry: GuestEntry; deeds: EntryDeeds }) => {
  const { type } = entry
  if (type !== 'file' && type !== 'directory') return null
  const name = safeText(entry.name)
  const why = deeds.refused(entry) ?? deeds.closed
  return (
    <Button
      variant="inline-icon"
      iconName="download"
      ariaLabel={type === 'file' ? words.downloadFile(name) : words.downloadFolder(name)}
      {...(why !== undefined && { disabled: true, disabledReason: why })}
      onClick={() => deeds.download(entry)}
    />
  )
}

export const folderColumns = (
  deeds: EntryDeeds,
): (TableProps.ColumnDefinition<GuestEntry> & { id: string })[] => [
  {
    id: 'name' satisfies Column,
    header: words.name,
    cell: entry => <Name entry={entry} deeds={deeds} />,
    sortingField: 'name' satisfies Column,
    isRowHeader: true,
    minWidth: 220,
  },
  {
    id: 'size',
    header: words.size,
    cell: ({ type, size }) => (type === 'file' ? sizeText(size) : ''),
    sortingField: 'size' satisfies Column,
    minWidth: 110,
  },
  {
    id: 'modified',
    header: words.modified,
    cell: ({ modified }) => <Time at={Date.parse(modified)} />,
    sortingField: 'modified' satisfies Column,
    minWidth: 200,
  },
  {
    id: 'type',
    header: words.type,
    cell: ({ type, mode, uid, gid }) => (
      <>
        {words.types[type]}
        <Box color="text-body-secondary" fontSize="body-s">
          {words.owner(mode, uid, gid)}
        </Box>
      </>
    ),
    sortingField: 'type' satisfies Column,
    minWidth: 160,
  },
  {
    id: 'download',
    header: words.download,
    cell: entry => <Download entry={entry} deeds={deeds} />,
  },
]
