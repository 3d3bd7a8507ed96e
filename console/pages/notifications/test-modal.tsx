import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import StatusIndicator, {
  type StatusIndicatorProps,
} from '@cloudscape-design/components/status-indicator'
import { useEffect } from 'react'
import type { ChannelView, DeliveryView } from '#core/contracts/channels-api.ts'
import { LIVE, useCall, useDeed } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { notifications } from '../../text/notifications.ts'
import { shell } from '../../text/shell.ts'

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
    <Modal
      visible
      header={words.title(name)}
      closeAriaLabel={shell.close}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <Button variant="primary" onClick={onClose}>
            {shell.close}
          </Button>
        </Box>
      }
    >
      <div aria-live="polite">
        {problem ? <ProblemAlert error={problem} /> : <Outcome delivery={delivery} />}
      </div>
    </Modal>
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
