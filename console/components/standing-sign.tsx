import StatusIndicator, {
  type StatusIndicatorProps,
} from '@cloudscape-design/components/status-indicator'
import type { Standing } from '#core/contracts/overview-api.ts'

const TYPES: Record<Standing, StatusIndicatorProps.Type> = {
  good: 'success',
  info: 'info',
  warning: 'warning',
  bad: 'error',
}

/** How well something stands, by sign and colour; the words beside them say it too. */
export const StandingSign = ({
  standing,
  children,
}: {
  standing: Standing
  /** Short: long ones break within words. */
  children: string
}) => <StatusIndicator type={TYPES[standing]}>{children}</StatusIndicator>
