import { Alert, Text } from '@mantine/core';
import { useNow } from '../../ui/clock';
import { LongText } from '../../ui/long-text';
import { Panel } from '../../ui/page-frame';
import { useAuthorities } from '../authorities/use-authorities';
import { isValidAt } from '../authorities/validity';
import identity from '../proof/identities.module.css';
import { kindOf, type NameDraft } from './name-draft';

interface CertificateNameProps {
  name: NameDraft;
  /** Whether it is of the present way: that of the one before is not changed any more. */
  isPresent: boolean;
}

/** What the certificate of a client has to say, whoever of the trusted authorities signed it. */
export function CertificateName({ name: { kind, value }, isPresent }: CertificateNameProps) {
  return (
    <Panel label="Name in the certificate" head={isPresent && <span className={identity.hint}>It is changed under Edit.</span>}>
      <Text size="sm" mb={8}>
        This client has no secret key: it connects with a certificate that has this name, of one of the certificate authorities.
      </Text>
      <dl className={identity.facts}>
        <div className={identity.fact}>
          <dt>{kindOf(kind).label}</dt>
          <dd>
            <code>
              <LongText text={value} of="the name" />
            </code>
          </dd>
        </div>
      </dl>
      <Provable />
    </Panel>
  );
}

/** Says so where no certificate can prove the client. */
function Provable() {
  const { authorities } = useAuthorities();
  const now = useNow();
  if (!authorities || authorities.some((one) => isValidAt(one, now))) return null;
  return (
    <Alert p="xs" mt={8} color="notice" variant="light">
      {authorities.length === 0 ? 'No authority is trusted' : 'No trusted authority is valid now'}: it proves nothing.
    </Alert>
  );
}
