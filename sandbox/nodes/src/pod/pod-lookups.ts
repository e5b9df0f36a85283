import type { Container, OptionalName, Pod } from '../kube/objects.ts';

export interface ObjectName {
  readonly kind: 'configmap' | 'secret';
  readonly name: string;
}

/** Objects that must be there before the pod's volumes can be mounted, with the volume that asks. */
export function mountedObjects(pod: Pod): readonly (ObjectName & { readonly volume: string })[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => {
    const secret = volume.secret;
    const secretName: OptionalName | undefined =
      secret === undefined ? undefined : { ...optional(secret.optional), ...named(secret.secretName) };
    const direct = [...wanted('configmap', volume.configMap), ...wanted('secret', secretName)];
    const projected = (volume.projected?.sources ?? []).flatMap((source) => [
      ...wanted('configmap', source.configMap),
      ...wanted('secret', source.secret),
    ]);
    return [...direct, ...projected].map((object) => ({ ...object, volume: volume.name }));
  });
}

/** Objects that a container's environment is made from. `key` where one entry is asked for. */
export function environmentObjects(container: Container): readonly (ObjectName & { readonly key?: string })[] {
  const whole = (container.envFrom ?? []).flatMap((source) => [
    ...wanted('configmap', source.configMapRef),
    ...wanted('secret', source.secretRef),
  ]);
  const single = (container.env ?? []).flatMap(({ valueFrom }) => {
    const map = valueFrom?.configMapKeyRef;
    const secret = valueFrom?.secretKeyRef;
    return [
      ...wanted('configmap', map).map((object) => ({ ...object, key: map?.key ?? '' })),
      ...wanted('secret', secret).map((object) => ({ ...object, key: secret?.key ?? '' })),
    ];
  });
  return [...whole, ...single];
}

export function claimNames(pod: Pod): readonly string[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
}

function wanted(kind: ObjectName['kind'], reference: OptionalName | undefined): readonly ObjectName[] {
  if (reference?.name === undefined || reference.optional === true) return [];
  return [{ kind, name: reference.name }];
}

function optional(value: boolean | undefined): OptionalName {
  return value === undefined ? {} : { optional: value };
}

function named(value: string | undefined): OptionalName {
  return value === undefined ? {} : { name: value };
}
