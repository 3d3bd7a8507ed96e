import Box from '@cloudscape-design/components/box'
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useEffect } from 'react'
import { useDeed } from '../../api/use-call.ts'
import { CloseModal } from '../../components/close-modal.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { Time } from '../../components/time.tsx'
import { gateways } from '../../text/gateways.ts'
import { shell } from '../../text/shell.ts'

const words = gateways.code

/** Makes a code when it opens. */
export const EnrolModal = ({ onClose }: { onClose: () => void }) => {
  const { mutate, data, error, isIdle } = useDeed('createEnrolmentCode')
  useEffect(() => {
    if (isIdle) mutate({ body: {} })
  }, [mutate, isIdle])
  return (
    <CloseModal title={words.title} onClose={onClose}>
      {error !== null && <ProblemAlert error={error} onRetry={() => mutate({ body: {} })} />}
      {!data && !error && <StatusIndicator type="loading">{shell.loadingPage}</StatusIndicator>}
      {data && (
        <SpaceBetween size="m">
          <CopyToClipboard
            variant="inline"
            textToCopy={data.code}
            copyButtonAriaLabel={words.copy}
            copySuccessText={words.copied}
            copyErrorText={words.notCopied}
          />
          <Box variant="p">
            {words.once} {words.until} <Time at={data.validUntil} />.
          </Box>
          <Box variant="p">{words.where}</Box>
        </SpaceBetween>
      )}
    </CloseModal>
  )
}
