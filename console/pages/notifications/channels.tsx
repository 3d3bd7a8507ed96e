import Button from '@cloudscape-design/components/button'
import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { TableProps } from '@cloudscape-design/components/table'
import { useState } from 'react'
import type { ChannelView } from '#core/contracts/channels-api.ts'
import { useMay } from '../../api/may.ts'
import { usePages } from '../../api/use-pages.ts'
import { Listing } from '../../components/listing.tsx'
import { Words } from '../../components/words.tsx'
import { notifications } from '../../text/notifications.ts'
import { ChannelModal } from './channel-modal.tsx'
import { RemoveModal } from './remove-modal.tsx'
import { TestModal } from './test-modal.tsx'

const words = notifications.channels

type Deed = 'edit' | 'test' | 'remove'
type Open = { what: 'add' } | { what: Deed; channel: ChannelView }

export const Channels = () => {
  const may = useMay()
  const [open, setOpen] = useState<Open>()
  const onClose = () => setOpen(undefined)
  const add = (
    <Button {...may('createChannel')} onClick={() => setOpen({ what: 'add' })}>
      {words.add}
    </Button>
  )
  return (
    <>
      <Listing
        title={words.title}
        heading="section"
        description={words.description}
        actions={add}
        columns={columnsWith((what, channel) => setOpen({ what, channel }))}
        idOf={({ channelId }) => channelId}
        pages={usePages('listChannels')}
        empty={{ title: words.empty, advice: words.emptyAdvice, action: add }}
      />
      {open?.what === 'add' && <ChannelModal onClose={onClose} />}
      {open?.what === 'edit' && <ChannelModal channel={open.channel} onClose={onClose} />}
      {open?.what === 'test' && <TestModal channel={open.channel} onClose={onClose} />}
      {open?.what === 'remove' && <RemoveModal channel={open.channel} onClose={onClose} />}
    </>
  )
}

const columnsWith = (
  ask: (what: Deed, channel: ChannelView) => void,
): TableProps.ColumnDefinition<ChannelView>[] => [
  {
    id: 'name',
    header: words.name,
    minWidth: 120,
    cell: ({ name }) => <Words>{name}</Words>,
    isRowHeader: true,
  },
  { id: 'kind', header: words.kind, cell: ({ to }) => notifications.kinds[to.kind] },
  { id: 'to', header: words.to, minWidth: 160, cell: ({ to }) => <Words>{receiverOf(to)}</Words> },
  {
    id: 'state',
    header: words.state,
    cell: channel => {
      const state = stateOf(channel)
      return (
        <>
          <StatusIndicator type={SIGNS[state]}>{words.states[state]}</StatusIndicator>
          <div>{channel.line}</div>
        </>
      )
    },
  },
  {
    id: 'actions',
    header: words.actions,
    cell: channel => <Actions channel={channel} ask={ask} />,
  },
]

const receiverOf = (to: ChannelView['to']): string => {
  switch (to.kind) {
    case 'mail':
    case 'sms':
      return to.to.join(', ')
    case 'topic':
      return to.arn
    // Of chats the address is a secret: this is its name.
    case 'webhook':
    case 'slack':
    case 'teams':
      return to.url
    default:
      return to.host
  }
}

const SIGNS = {
  off: 'stopped',
  failing: 'error',
  lost: 'warning',
  waiting: 'in-progress',
  unused: 'info',
  works: 'success',
} as const

const stateOf = ({
  enabled,
  failing,
  lost,
  waiting,
  lastDelivered,
}: ChannelView): keyof typeof SIGNS => {
  if (!enabled) return 'off'
  if (failing) return 'failing'
  if (lost > 0) return 'lost'
  if (waiting > 0) return 'waiting'
  return lastDelivered === undefined ? 'unused' : 'works'
}

const Actions = ({
  channel,
  ask,
}: {
  channel: ChannelView
  ask: (what: Deed, channel: ChannelView) => void
}) => {
  const may = useMay()
  return (
    <ButtonDropdown
      variant="inline-icon"
      expandToViewport
      ariaLabel={words.actionsFor(channel.name)}
      items={[
        { id: 'test', text: words.test, ...may('testChannel') },
        { id: 'edit', text: words.edit, ...may('putChannel') },
        { id: 'remove', text: words.remove, ...may('deleteChannel') },
      ]}
      onItemClick={({ detail: { id } }) => ask(id as Deed, channel)}
    />
  )
}
