import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useCall } from '../../api/use-call.ts'
import { Time } from '../../components/time.tsx'
import { audit } from '../../text/audit.ts'

const words = audit.proof

/** How far the records are safe from whoever rules the catalog. Nothing is said where the look failed: the list below tells that. */
export const Proof = () => {
  const { data } = useCall('listAudit', { query: { limit: 1 } })
  if (!data) return null
  const { copied, items } = data
  const newest = items[0]?.seq ?? 0
  const open = Math.max(0, newest - (copied?.seq ?? 0))
  return (
    <Container header={<Header variant="h2">{words.title}</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: words.written, value: newest === 0 ? words.none : newest.toLocaleString('en') },
          {
            label: words.copied,
            value: (
              <>
                {copied ? words.copiedUpTo(copied.seq) : words.notCopied}
                {copied?.at !== undefined && (
                  <>
                    {', '}
                    <Time at={copied.at} />
                  </>
                )}
                <div>
                  <StatusIndicator type={open === 0 ? 'success' : 'pending'}>
                    {open === 0 ? words.all : words.waiting}
                  </StatusIndicator>
                </div>
                {words.open(open)}
              </>
            ),
          },
          { label: words.verified, value: words.byWhom },
        ]}
      />
    </Container>
  )
}
