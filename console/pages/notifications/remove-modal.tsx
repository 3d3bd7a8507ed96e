import type { ChannelView } from '#core/contracts/channels-api.ts'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { notifications } from '../../text/notifications.ts'

const words = notifications.removal

export const RemoveModal = ({
  channel: { channelId, name },
  onClose,
}: {
  channel: ChannelView
  onClose: () => void
}) => {
  const { ask, dialogue } = useAskedDeed('deleteChannel', {
    told: () => words.done(name),
    onClose,
  })
  return (
    <ConfirmByName
      title={words.title(name)}
      name={name}
      action={words.action}
      {...dialogue}
      onConfirm={() => ask({ params: { channelId } })}
    >
      {words.what}
    </ConfirmByName>
  )
}
