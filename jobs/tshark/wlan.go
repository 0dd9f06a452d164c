package tshark

import "github.com/riffledata/riffle/dataframe/types"

// WLAN is the schema of a frame of IEEE 802.11 as tshark -T ek prints it with
// chosen fields, one object a frame: timestamp is a text of milliseconds since
// 1970, all else arrays of text, since a field may occur more than once. A field
// that does not occur is missing.
var WLAN = func() *types.Schema {
	s := types.NewSchema().Add("timestamp", types.String)
	for _, name := range []string{
		"wlan_fc_type", "wlan_fc_type_subtype",
		"wlan_radio_channel", "wlan_radio_signal_percentage", "wlan_radio_signal_dbm", "wlan_radio_duration",
		"wlan_ra", "wlan_ra_resolved", "wlan_da", "wlan_da_resolved", "wlan_ta", "wlan_ta_resolved",
		"wlan_sa", "wlan_sa_resolved", "wlan_staa", "wlan_staa_resolved",
		"wlan_tagged_all", "wlan_tag_vendor_data", "wlan_tag_vendor_oui_type", "wlan_tag_oui",
		"wlan_country_info_code", "wps_device_name", "wlan_ssid",
	} {
		s = s.Add(name, types.Array{Elem: types.String, ContainsNull: true})
	}
	return s
}()
