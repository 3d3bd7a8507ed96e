import Header from '@cloudscape-design/components/header'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Table from '@cloudscape-design/components/table'
import type { VmDetail } from '#core/contracts/vms-api.ts'
import { sizeText } from '../../components/size.ts'
import { Words } from '../../components/words.tsx'
import { vm } from '../../text/vm.ts'

const words = vm.disks

/** The disks that it has now, and which of them backups leave out. */
export const VmDisks = ({ detail }: { detail: VmDetail }) => {
  if (!detail.vm) return null
  const leftOut = Map.groupBy(detail.leftOut, ({ userdevice }) => userdevice)
  return (
    <Table
      variant="container"
      wrapLines
      header={<Header variant="h2">{words.title}</Header>}
      ariaLabels={{ tableLabel: words.title }}
      items={detail.vm.disks}
      trackBy={({ userdevice, vdiUuid }) => `${userdevice} ${vdiUuid}`}
      empty={words.none}
      columnDefinitions={[
        {
          id: 'device',
          header: words.device,
          cell: disk => disk.userdevice,
          isRowHeader: true,
        },
        {
          id: 'name',
          header: words.name,
          cell: disk => <Words>{disk.name || disk.vdiUuid}</Words>,
        },
        { id: 'size', header: words.size, cell: disk => sizeText(disk.size) },
        {
          id: 'tracking',
          header: words.tracking,
          cell: disk => (
            <StatusIndicator type={disk.cbt ? 'success' : 'info'}>
              {disk.cbt ? words.on : words.off}
            </StatusIndicator>
          ),
        },
        {
          id: 'backup',
          header: words.backup,
          cell: ({ userdevice }) =>
            leftOut
              .get(userdevice)
              ?.map(({ why }) => why)
              .join(' ') ?? words.taken,
        },
      ]}
    />
  )
}
