import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useEffect } from 'react'
import { useDeed } from '../../api/use-call.ts'
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
    <Modal
      visible
      header={words.title}
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
    </Modal>
  )
}
