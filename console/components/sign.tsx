import StatusIndicator, {
  type StatusIndicatorProps,
} from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import { Words } from './words.tsx'

/** A status with a sentence: Cloudscape breaks it within words, which is for single words alone. */
export const Sign = ({
  type,
  children,
}: {
  type: StatusIndicatorProps.Type
  children: ReactNode
}) => (
  <StatusIndicator type={type}>
    <Words>{children}</Words>
  </StatusIndicator>
)
