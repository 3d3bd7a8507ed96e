import type { ChannelView } from '#core/contracts/channels-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { useNotices } from '../../components/notices.tsx'
import { notifications } from '../../text/notifications.ts'

const words = notifications.removal

export const RemoveModal = ({
  channel: { channelId, name },
  onClose,
}: {
  channel: ChannelView
  onClose: () => void
}) => {
  const { tell } = useNotices()
  const remove = useDeed('deleteChannel', {
    onDone: () => {
      tell({ type: 'success', content: words.done(name) })
      onClose()
    },
  })
  return (
    <ConfirmByName
      title={words.title(name)}
      name={name}
      action={words.action}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ params: { channelId } })}
      onCancel={onClose}
    >
      {words.what}
    </ConfirmByName>
  )
}
