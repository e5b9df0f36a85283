"""What a launch template says about an instance and moto drops: profile, metadata options, interface groups, spot; and
the volumes, which moto doubles (a root of its own beside the template's) and keeps after termination. And a template's
further versions, whose user data moto keeps as text that no instance can be launched from."""


from moto.ec2.models.instances import Instance, InstanceBackend
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.ec2.utils import parse_user_data

root_size_gib = 20


def template_data(backend, launch_template) -> dict:
    if not launch_template:
        return {}
    return backend._get_template_from_args(launch_template).data


def first_interface(data: dict) -> dict:
    interfaces = data.get("NetworkInterfaces") or []
    return interfaces[0] if interfaces else {}


def apply() -> None:
    init = Instance.__init__
    run = InstanceBackend.run_instances
    add_block_device = Instance.add_block_device
    prep_nics = Instance.prep_nics
    create_version = LaunchTemplate.create_version

    def new_init(self, ec2_backend, image_id, user_data, security_groups, **kwargs):
        self.roadstead_template = template_data(ec2_backend, kwargs.get("launch_template"))
        self.roadstead_mappings = kwargs.get("block_device_mappings") or self.roadstead_template.get("BlockDeviceMappings") or []
        kwargs["region_name"] = ec2_backend.region_name
        if "MetadataOptions" in self.roadstead_template and not kwargs.get("metadata_options"):
            kwargs["metadata_options"] = self.roadstead_template["MetadataOptions"]
        init(self, ec2_backend, image_id, user_data, security_groups, **kwargs)

    def mapping_of(self, device):
        return next((found for found in self.roadstead_mappings if found.get("DeviceName") == device), None)

    def setup_defaults(self):
        if mapping_of(self, self.root_device_name) is None:
            add_block_device(self, root_size_gib, self.root_device_name, None, False, True, None, volume_type="gp3")

    def new_add_block_device(self, size, device_path, snapshot_id, encrypted, delete_on_termination, kms_key_id, volume_type):
        # A root volume goes with its instance unless the mapping says otherwise.
        given = (mapping_of(self, device_path) or {}).get("Ebs", {})
        if device_path == self.root_device_name and "DeleteOnTermination" not in given:
            delete_on_termination = True
        add_block_device(
            self, size or root_size_gib, device_path, snapshot_id, encrypted, delete_on_termination, kms_key_id, volume_type
        )

    def new_run(self, image_id, count, user_data, security_group_names, **kwargs):
        data = template_data(self, kwargs.get("launch_template"))
        kwargs["region_name"] = self.region_name
        groups = first_interface(data).get("Groups")
        if groups and not kwargs.get("security_group_ids"):
            kwargs["security_group_ids"] = groups
        market = data.get("InstanceMarketOptions") or {}
        if market.get("MarketType") == "spot" and not kwargs.get("instance_market_options"):
            kwargs["instance_market_options"] = market
        reservation = run(self, image_id, count, user_data, security_group_names, **kwargs)
        profile = data.get("IamInstanceProfile") or {}
        if profile and not (kwargs.get("iam_instance_profile_name") or kwargs.get("iam_instance_profile_arn")):
            for instance in reservation.instances:
                self.associate_iam_instance_profile(
                    instance_id=instance.id,
                    iam_instance_profile_name=profile.get("Name"),
                    iam_instance_profile_arn=profile.get("Arn"),
                )
        return reservation

    def new_prep_nics(self, nic_spec, *args, **kwargs):
        # An interface that is made with its instance goes with it unless the request says otherwise.
        spec = nic_spec or [{"DeviceIndex": 0}]
        for nic in spec:
            if not nic.get("NetworkInterfaceId"):
                nic.setdefault("DeleteOnTermination", True)
        prep_nics(self, spec, *args, **kwargs)

    def new_create_version(self, data, description):
        if isinstance(data.get("UserData"), str):
            data["UserData"] = parse_user_data(data["UserData"])
        return create_version(self, data, description)

    LaunchTemplate.create_version = new_create_version
    Instance.__init__ = new_init
    Instance.prep_nics = new_prep_nics
    Instance.setup_defaults = setup_defaults
    Instance.add_block_device = new_add_block_device
    InstanceBackend.run_instances = new_run


