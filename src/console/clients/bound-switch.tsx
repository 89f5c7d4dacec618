import { Switch, type SwitchProps } from '@mantine/core';

/** The switch for tokens that are worth nothing to whoever finds them. */
export function BoundSwitch(props: SwitchProps) {
  return (
    <Switch
      label="Tokens bound to a key (DPoP)"
      description="The application proves with each request that it holds a key (RFC 9449), and gets no token without that."
      {...props}
    />
  );
}
