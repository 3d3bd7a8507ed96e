import Box from '@cloudscape-design/components/box'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import StatusIndicator, {
  type StatusIndicatorProps,
} from '@cloudscape-design/components/status-indicator'
import type { TableProps } from '@cloudscape-design/components/table'
import type { DeliveryView, NotificationView } from '#core/contracts/channels-api.ts'
import { usePages } from '../../api/use-pages.ts'
import { Listing } from '../../components/listing.tsx'
import { Time } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { notifications } from '../../text/notifications.ts'

const words = notifications.sent

const SEVERITIES: Record<NotificationView['severity'], StatusIndicatorProps.Type> = {
  info: 'info',
  warning: 'warning',
  error: 'error',
  critical: 'error',
}
const STATES: Record<DeliveryView['state'], StatusIndicatorProps.Type> = {
  waiting: 'pending',
  delivered: 'success',
  repeated: 'info',
  'summed-up': 'info',
  lost: 'error',
  off: 'stopped',
}

const COLUMNS: TableProps.ColumnDefinition<NotificationView>[] = [
  { id: 'at', header: words.when, minWidth: 130, cell: ({ at }) => <Time at={at} /> },
  {
    id: 'severity',
    header: words.severity,
    minWidth: 120,
    cell: ({ severity }) => (
      <StatusIndicator type={SEVERITIES[severity]}>{words.severities[severity]}</StatusIndicator>
    ),
  },
  {
    id: 'message',
    header: words.message,
    minWidth: 220,
    isRowHeader: true,
    cell: ({ subject, text, inARow }) => (
      <>
        <Words>{subject}</Words>
        {inARow > 1 && <Box color="text-body-secondary">{words.row(inARow)}</Box>}
        <ExpandableSection variant="inline" headerText={words.text} headingTagOverride="h3">
          <div style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{text}</div>
        </ExpandableSection>
      </>
    ),
  },
  {
    id: 'told',
    header: words.told,
    minWidth: 180,
    cell: ({ deliveries }) =>
      deliveries.length === 0
        ? words.noRule
        : deliveries.map(({ channelId, channelName, state, attempts, error }) => (
            <div key={channelId}>
              <StatusIndicator type={state === 'waiting' && error ? 'warning' : STATES[state]}>
                {words.states[state]}
              </StatusIndicator>
              <div>
                <Words>
                  {words.delivery(channelName, attempts, state === 'delivered' ? undefined : error)}
                </Words>
              </div>
            </div>
          )),
  },
]

export const Sent = () => (
  <Listing
    title={words.title}
    heading="section"
    description={words.description}
    columns={COLUMNS}
    idOf={({ eventId }) => eventId}
    pages={usePages('listNotifications')}
    empty={{ title: words.empty, advice: words.emptyAdvice }}
  />
)
