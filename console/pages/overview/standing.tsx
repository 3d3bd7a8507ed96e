import StatusIndicator, {
  type StatusIndicatorProps,
} from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { Standing } from '#core/contracts/overview-api.ts'
import { overview } from '../../text/overview.ts'

const TYPES: Record<Standing, StatusIndicatorProps.Type> = {
  good: 'success',
  info: 'info',
  warning: 'warning',
  bad: 'error',
}

/** How well something stands: by sign, colour and, for who cannot see them, word. */
export const StandingSign = ({
  standing,
  children,
}: {
  standing: Standing
  children: ReactNode
}) => (
  <StatusIndicator type={TYPES[standing]} wrapText iconAriaLabel={overview.standings[standing]}>
    {children}
  </StatusIndicator>
)
