import Box from '@cloudscape-design/components/box'
import Header from '@cloudscape-design/components/header'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import type { GuestVolume } from '#core/contracts/files-answers.ts'
import { safeText } from '#core/safe-text.ts'
import { PageLink } from '../../components/page-link.tsx'
import { sizeText } from '../../components/size.ts'
import { files } from '../../text/files.ts'
import { addressOf } from './place.ts'
import { ShownName } from './shown-name.tsx'

const words = files.volumes

const columns = (pointId: string): TableProps.ColumnDefinition<GuestVolume>[] => [
  {
    id: 'name',
    header: words.name,
    cell: ({ name }) => (
      <span data-name={name}>
        <PageLink
          to={addressOf(pointId, { volume: name, path: '/' })}
          label={words.open(safeText(name))}
        >
          <ShownName name={name} />
        </PageLink>
      </span>
    ),
    isRowHeader: true,
    minWidth: 120,
  },
  {
    id: 'label',
    header: words.label,
    cell: ({ label }) => <ShownName name={label} />,
    minWidth: 120,
  },
  {
    id: 'fileSystem',
    header: words.fileSystem,
    cell: ({ fileSystem }) => safeText(fileSystem) || words.unknown,
    minWidth: 120,
  },
  { id: 'size', header: words.size, cell: ({ size }) => sizeText(size), minWidth: 90 },
]

/** What the disks of a point are divided into: the first level of its files. */
export const Volumes = ({
  pointId,
  volumes,
}: {
  pointId: string
  volumes: readonly GuestVolume[]
}) => (
  <Table
    variant="container"
    items={volumes}
    columnDefinitions={columns(pointId)}
    trackBy="name"
    wrapLines
    enableKeyboardNavigation
    ariaLabels={{ tableLabel: words.title }}
    header={
      <Header variant="h2" description={words.description} counter={`(${volumes.length})`}>
        {words.title}
      </Header>
    }
    empty={
      <Box textAlign="center" padding="l">
        <Box variant="strong">{words.empty}</Box>
        <Box color="text-body-secondary">{words.emptyAdvice}</Box>
      </Box>
    }
  />
)
