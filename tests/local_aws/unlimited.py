"""Operations that no resource can be named for: IAM checks them against ``*``.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
Of EC2, whose list is long, only those that read and that an automation may need.
"""

from __future__ import annotations

_OPERATIONS = {
    "cloudtrail": """
        DeregisterOrganizationDelegatedAdmin DescribeTrails GetImport ListChannels ListDashboards
        ListEventDataStores ListImportFailures ListImports ListPublicKeys ListTrails LookupEvents
        RegisterOrganizationDelegatedAdmin SearchSampleQueries StartImport StopImport
    """,
    "cloudwatch": """
        DeleteAnomalyDetector DescribeAlarmsForMetric DescribeAnomalyDetectors DescribeInsightRules
        GetMetricData GetMetricStatistics GetMetricWidgetImage ListDashboards
        ListManagedInsightRules ListMetricStreams ListMetrics PutAnomalyDetector
        PutManagedInsightRules PutMetricData
    """,
    "config": """
        BatchGetResourceConfig DeleteDeliveryChannel DeletePendingAggregationRequest
        DeleteRemediationExceptions DeleteResourceConfig DeleteRetentionConfiguration
        DeliverConfigSnapshot DescribeAggregationAuthorizations DescribeComplianceByConfigRule
        DescribeComplianceByResource DescribeConfigRuleEvaluationStatus DescribeConfigRules
        DescribeConfigurationAggregators DescribeConformancePackStatus DescribeConformancePacks
        DescribeDeliveryChannelStatus DescribeDeliveryChannels
        DescribeOrganizationConfigRuleStatuses DescribeOrganizationConfigRules
        DescribeOrganizationConformancePackStatuses DescribeOrganizationConformancePacks
        DescribePendingAggregationRequests DescribeRemediationExceptions
        DescribeRetentionConfigurations GetComplianceDetailsByResource
        GetComplianceSummaryByConfigRule GetComplianceSummaryByResourceType
        GetDiscoveredResourceCounts GetResourceConfigHistory GetResourceEvaluationSummary
        ListConfigurationRecorders ListConformancePackComplianceScores ListDiscoveredResources
        ListResourceEvaluations ListStoredQueries PutDeliveryChannel PutEvaluations
        PutRemediationExceptions PutResourceConfig PutRetentionConfiguration
        PutServiceLinkedConfigurationRecorder SelectResourceConfig StartRemediationExecution
        StartResourceEvaluation
    """,
    "dynamodb": """
        DescribeEndpoints DescribeLimits ListBackups ListContributorInsights ListExports
        ListGlobalTables ListImports ListTables
    """,
    "ec2": """
        DescribeAccountAttributes DescribeAvailabilityZones DescribeFlowLogs DescribeImages
        DescribeInstances DescribeNetworkAcls DescribeNetworkInterfaces DescribeRegions
        DescribeRouteTables DescribeSecurityGroupRules DescribeSecurityGroups DescribeSnapshots
        DescribeSubnets DescribeTags DescribeVolumes DescribeVpcs
    """,
    "events": """
        ListApiDestinations ListArchives ListConnections ListEndpoints ListEventBuses
        ListEventSources ListPartnerEventSources ListReplays ListRuleNamesByTarget ListRules
        PutPartnerEvents PutPermission RemovePermission TestEventPattern
    """,
    "guardduty": """
        AcceptAdministratorInvitation AcceptInvitation ArchiveFindings CreateDetector
        CreateIPSet CreateMalwareProtectionPlan CreateMembers CreatePublishingDestination
        CreateSampleFindings CreateThreatEntitySet CreateThreatIntelSet
        CreateTrustedEntitySet DeclineInvitations DeleteInvitations DeleteMembers
        DescribeMalwareScans DescribeOrganizationConfiguration
        DisableOrganizationAdminAccount DisassociateFromAdministratorAccount
        DisassociateFromMasterAccount DisassociateMembers EnableOrganizationAdminAccount
        GetAdministratorAccount GetFindings GetFindingsStatistics GetInvitationsCount
        GetMalwareScan GetMalwareScanSettings GetMasterAccount GetMemberDetectors GetMembers
        GetOrganizationStatistics GetRemainingFreeTrialDays GetUsageStatistics InviteMembers
        ListDetectors ListFilters ListFindings ListIPSets ListInvitations
        ListMalwareProtectionPlans ListMalwareScans ListMembers
        ListOrganizationAdminAccounts ListPublishingDestinations ListThreatEntitySets
        ListThreatIntelSets ListTrustedEntitySets SendObjectMalwareScan StartMalwareScan
        StartMonitoringMembers StopMonitoringMembers UnarchiveFindings
        UpdateFindingsFeedback UpdateMalwareScanSettings UpdateMemberDetectors
        UpdateOrganizationConfiguration
    """,
    "iam": """
        CreateAccountAlias DeleteAccountAlias DeleteAccountPasswordPolicy
        DisableOrganizationsRootCredentialsManagement DisableOrganizationsRootSessions
        DisableOutboundWebIdentityFederation EnableOrganizationsRootCredentialsManagement
        EnableOrganizationsRootSessions EnableOutboundWebIdentityFederation GenerateCredentialReport
        GetAccountAuthorizationDetails GetAccountPasswordPolicy GetAccountSummary
        GetContextKeysForCustomPolicy GetCredentialReport GetOrganizationsAccessReport
        GetOutboundWebIdentityFederationInfo GetServiceLastAccessedDetails
        GetServiceLastAccessedDetailsWithEntities ListAccountAliases ListDelegationRequests
        ListGroups ListInstanceProfiles ListOpenIDConnectProviders ListOrganizationsFeatures
        ListPolicies ListRoles ListSAMLProviders ListServerCertificates ListUsers
        ListVirtualMFADevices SetSecurityTokenServicePreferences SimulateCustomPolicy
        UpdateAccountPasswordPolicy
    """,
    "kms": """
        ConnectCustomKeyStore CreateCustomKeyStore CreateKey DeleteCustomKeyStore
        DescribeCustomKeyStores DisconnectCustomKeyStore GenerateRandom ListAliases ListKeys
        ListRetirableGrants UpdateCustomKeyStore
    """,
    "lambda": """
        CreateCodeSigningConfig CreateEventSourceMapping GetAccountSettings ListCapacityProviders
        ListCodeSigningConfigs ListEventSourceMappings ListFunctions ListLayerVersions ListLayers
    """,
    "logs": """
        AssociateSourceToS3TableIntegration CancelExportTask CancelImportTask CreateImportTask
        DeleteAccountPolicy DeleteIndexPolicy DeleteIntegration DeleteQueryDefinition
        DeleteResourcePolicy DescribeAccountPolicies DescribeConfigurationTemplates
        DescribeDeliveries DescribeDeliveryDestinations DescribeDeliverySources DescribeDestinations
        DescribeExportTasks DescribeFieldIndexes DescribeImportTaskBatches DescribeImportTasks
        DescribeIndexPolicies DescribeLogGroups DescribeLookupTables DescribeQueries
        DescribeQueryDefinitions DescribeResourcePolicies DisassociateSourceFromS3TableIntegration
        GetIntegration GetLogFields ListAggregateLogGroupSummaries ListIntegrations ListLogGroups
        ListLogGroupsForQuery ListScheduledQueries ListSourcesForS3TableIntegration PutAccountPolicy
        PutIndexPolicy PutIntegration PutQueryDefinition PutResourcePolicy StopQuery
        TestMetricFilter TestTransformer
    """,
    "s3": """
        ListBuckets
    """,
    "sns": """
        CheckIfPhoneNumberIsOptedOut CreatePlatformApplication CreatePlatformEndpoint
        CreateSMSSandboxPhoneNumber DeleteEndpoint DeletePlatformApplication
        DeleteSMSSandboxPhoneNumber GetEndpointAttributes GetPlatformApplicationAttributes
        GetSMSAttributes GetSMSSandboxAccountStatus GetSubscriptionAttributes
        ListEndpointsByPlatformApplication ListOriginationNumbers ListPhoneNumbersOptedOut
        ListPlatformApplications ListSMSSandboxPhoneNumbers ListSubscriptions ListTopics
        OptInPhoneNumber SetEndpointAttributes SetPlatformApplicationAttributes SetSMSAttributes
        SetSubscriptionAttributes Unsubscribe VerifySMSSandboxPhoneNumber
    """,
    "sqs": """
        ListQueues
    """,
    "sts": """
        DecodeAuthorizationMessage GetAccessKeyInfo GetCallerIdentity GetDelegatedAccessToken
        GetSessionToken GetWebIdentityToken
    """,
    "xray": """
        BatchGetTraces CancelTraceRetrieval DeleteResourcePolicy GetEncryptionConfig GetGroups
        GetIndexingRules GetInsight GetInsightEvents GetInsightImpactGraph GetInsightSummaries
        GetRetrievedTracesGraph GetSamplingRules GetSamplingStatisticSummaries GetSamplingTargets
        GetServiceGraph GetTimeSeriesServiceStatistics GetTraceGraph GetTraceSegmentDestination
        GetTraceSummaries ListResourcePolicies ListRetrievedTraces PutEncryptionConfig
        PutResourcePolicy PutTelemetryRecords PutTraceSegments StartTraceRetrieval
        UpdateIndexingRule UpdateTraceSegmentDestination
    """,
}
UNLIMITED_OPERATIONS = {service: frozenset(names.split()) for service, names in _OPERATIONS.items()}
"""By IAM prefix."""
