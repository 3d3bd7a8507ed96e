import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { shell } from '../text/shell.ts'

export const PageLoading = () => (
  <StatusIndicator type="loading">{shell.loadingPage}</StatusIndicator>
)
