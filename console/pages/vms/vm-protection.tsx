import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { VmDetail } from '#core/contracts/vms-api.ts'
import { PROOFS } from '../../components/boot-check/proofs.ts'
import { PageLink } from '../../components/page-link.tsx'
import { Time } from '../../components/time.tsx'
import { bootChecks } from '../../text/boot-checks.ts'
import { vm as words } from '../../text/vm.ts'

/** Policies and why, standbys, legal holds. */
export const VmProtection = ({
  detail: { uuid, policies, replicas, holds, proof },
}: {
  detail: VmDetail
}) => (
  <Container header={<Header variant="h2">{words.protection}</Header>}>
    <KeyValuePairs
      columns={3}
      minColumnWidth={260}
      items={[
        {
          label: words.policies,
          value: listOf(policies, ({ policyId, name, why, protects }) => (
            <div key={policyId}>
              <PageLink to={`/policies/${policyId}`}>{name}</PageLink>
              <Box color="text-body-secondary">
                {why} {!protects && words.notByItself}
              </Box>
            </div>
          )),
        },
        {
          label: words.holds,
          value: listOf(holds, hold => (
            <div key={hold.pointId ?? 'vm'}>
              {hold.pointId === undefined ? words.holdOnAll : `${words.holdOnOne} ${hold.pointId}`}{' '}
              {words.by(hold.by)} <Time at={hold.at} />
              {hold.until !== undefined && (
                <>
                  , {words.until} <Time at={hold.until} />
                </>
              )}
              <Box color="text-body-secondary">{hold.reason}</Box>
            </div>
          )),
        },
        ...(proof
          ? [
              {
                label: words.proof,
                value: (
                  <>
                    <StatusIndicator type={PROOFS[proof.proof]}>
                      {bootChecks.proofs[proof.proof]}
                    </StatusIndicator>
                    <Box color="text-body-secondary">
                      {proof.line}{' '}
                      {proof.pointId !== undefined && (
                        <PageLink to={`/boot-checks/${proof.pointId}`}>{bootChecks.show}</PageLink>
                      )}
                    </Box>
                  </>
                ),
              },
            ]
          : []),
        {
          label: words.replicas,
          value:
            replicas.length === 0 ? (
              <>
                {words.noStandby}{' '}
                <PageLink to={`/replication/new?vm=${uuid}`}>{words.keepStandby}</PageLink>
              </>
            ) : (
              listOf(replicas, ({ replicaId, isStandby, line }) => (
                <div key={replicaId}>
                  {isStandby && `${words.isStandby} `}
                  {line} <PageLink to={`/replication/${replicaId}`}>{words.showStandby}</PageLink>
                </div>
              ))
            ),
        },
      ]}
    />
  </Container>
)

const listOf = <T,>(items: readonly T[], show: (item: T) => ReactNode): ReactNode =>
  items.length === 0 ? words.none : <SpaceBetween size="s">{items.map(show)}</SpaceBetween>
