import StatusIndicator, {
  type StatusIndicatorProps,
} from '@cloudscape-design/components/status-indicator'
import { useEffect } from 'react'
import type { ChannelView, DeliveryView } from '#core/contracts/channels-api.ts'
import { LIVE, useCall, useDeed } from '../../api/use-call.ts'
import { CloseModal } from '../../components/close-modal.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { notifications } from '../../text/notifications.ts'

const words = notifications.test

/** Sends a test when it opens, and looks what becomes of it. */
export const TestModal = ({
  channel: { channelId, name },
  onClose,
}: {
  channel: ChannelView
  onClose: () => void
}) => {
  const { mutate, data, error, isIdle } = useDeed('testChannel')
  useEffect(() => {
    if (isIdle) mutate({ params: { channelId } })
  }, [mutate, isIdle, channelId])
  const told = useCall(
    'getNotification',
    { params: { eventId: data?.eventId ?? '' } },
    { every: LIVE.run, enabled: data !== undefined },
  )
  const delivery = told.data?.deliveries.find(one => one.channelId === channelId)
  const problem = error ?? told.error
  return (
    <CloseModal title={words.title(name)} onClose={onClose}>
      <div aria-live="polite">
        {problem ? <ProblemAlert error={problem} /> : <Outcome delivery={delivery} />}
      </div>
    </CloseModal>
  )
}

const Outcome = ({ delivery }: { delivery: DeliveryView | undefined }) => {
  const state = delivery?.state ?? 'waiting'
  const [type, text] = OUTCOMES[state]
  if (state === 'waiting' && delivery?.error !== undefined)
    return (
      <>
        <StatusIndicator type="warning">{words.failing}</StatusIndicator>
        <div>{delivery.error}</div>
      </>
    )
  return (
    <>
      <StatusIndicator type={type}>{text}</StatusIndicator>
      {state === 'lost' && <div>{delivery?.error}</div>}
    </>
  )
}

const OUTCOMES: Record<DeliveryView['state'], [StatusIndicatorProps.Type, string]> = {
  waiting: ['in-progress', words.sending],
  delivered: ['success', words.delivered],
  lost: ['error', words.lost],
  off: ['stopped', words.off],
  repeated: ['info', words.held],
  'summed-up': ['info', words.held],
}
